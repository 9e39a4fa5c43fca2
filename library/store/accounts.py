"""Accounts as the screens show them; their secrets are in files of their own."""

from collections.abc import Sequence

import sqlalchemy as sa

from utawaku.library.publish.records import Account
from utawaku.library.schema import accounts
from utawaku.library.store.connections import Connections, upsert


class AccountRecords:
    """One row for each account, by its name."""

    def __init__(self, catalogue: Connections) -> None:
        self._catalogue = catalogue

    def put(self, account: Account) -> None:
        """Record what is known of an account now."""
        with self._catalogue.write() as connection:
            upsert(
                connection,
                accounts,
                {"id": f"{account.site}:{account.name}"},
                {
                    "site": account.site,
                    "name": account.name,
                    "cookies_path": account.cookies_path,
                    "expires_at": account.expires_at,
                    "checked_at": account.checked_at,
                    "state": account.state,
                },
            )

    def all(self, site: str = "bilibili") -> Sequence[Account]:
        """Every account of a site, by name."""
        columns = (
            accounts.c.name,
            accounts.c.cookies_path,
            accounts.c.expires_at,
            accounts.c.checked_at,
            accounts.c.state,
            accounts.c.site,
        )
        query = sa.select(*columns).where(accounts.c.site == site).order_by(accounts.c.name)
        with self._catalogue.read() as connection:
            return [Account(*row) for row in connection.execute(query)]

    def secret(self, name: str, site: str = "bilibili") -> bytes | None:
        """Return the encrypted log-in that machines share; None where there is none."""
        query = sa.select(accounts.c.secret).where(accounts.c.id == f"{site}:{name}")
        with self._catalogue.read() as connection:
            return connection.execute(query).scalar()

    def with_secret(self, site: str = "bilibili") -> Sequence[str]:
        """Return the names of accounts whose log-in machines share."""
        query = sa.select(accounts.c.name).where(
            accounts.c.site == site, accounts.c.secret.is_not(None)
        )
        with self._catalogue.read() as connection:
            return connection.execute(query.order_by(accounts.c.name)).scalars().all()

    def keep_secret(self, name: str, secret: bytes, site: str = "bilibili") -> None:
        """Share an encrypted log-in."""
        row_id = f"{site}:{name}"
        with self._catalogue.write() as connection:
            known = connection.execute(
                sa.select(accounts.c.id).where(accounts.c.id == row_id)
            ).first()
            if known is None:
                values = {"site": site, "name": name, "cookies_path": ""}
                connection.execute(accounts.insert().values(id=row_id, **values))
            connection.execute(
                accounts.update().where(accounts.c.id == row_id).values(secret=secret)
            )

    def remove(self, name: str, site: str = "bilibili") -> None:
        """Forget an account."""
        with self._catalogue.write() as connection:
            connection.execute(accounts.delete().where(accounts.c.id == f"{site}:{name}"))
