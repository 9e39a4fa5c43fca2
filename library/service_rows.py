"""Records and answers of outside services in the catalogue, for all machines of a library."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from utawaku.library.catalogue import Catalogue
from utawaku.library.errors import CatalogueError
from utawaku.library.schema import service_answers, service_gates
from utawaku.library.service_records import FileStore, KeptAnswer, ServiceRecord, unusable
from utawaku.library.store.connections import upsert, write_options


class CatalogueStore:
    """Rows of the catalogue, for all machines."""

    def __init__(self, catalogue: Catalogue, service: str) -> None:
        self._catalogue = catalogue
        self._service = service
        self._is_this = service_gates.c.service == service
        self._of_this = service_answers.c.service == service

    def read(self) -> ServiceRecord:
        """Return the record as it is now."""
        with self._named(), self._catalogue.read() as connection:
            row = connection.execute(
                sa.select(service_gates.c.record).where(self._is_this)
            ).scalar()
        return ServiceRecord(**(row or {}))

    @contextmanager
    def changing(self) -> Iterator[ServiceRecord]:
        """Give the record to be changed; nobody else changes it meanwhile."""
        with self._named(), self._transaction() as connection:
            query = sa.select(service_gates.c.record).where(self._is_this).with_for_update()
            row = connection.execute(query).scalar()
            if row is None:
                self._make(connection)
                row = connection.execute(query).scalar_one()
            record = ServiceRecord(**row)
            yield record
            changed = service_gates.update().where(self._is_this).values(record=asdict(record))
            connection.execute(changed)

    def recall(self, question: str, now: float) -> Any:
        """Return the answer that still holds; else None."""
        expires_at = service_answers.c.expires_at
        query = sa.select(service_answers.c.answer).where(
            self._of_this,
            service_answers.c.question == question,
            sa.or_(expires_at.is_(None), expires_at > now),
        )
        with self._named(), self._catalogue.read() as connection:
            return connection.execute(query).scalar()

    def remember(self, answers: Iterable[KeptAnswer]) -> None:
        """Keep answers in place of earlier ones to the same questions."""
        with self._named(), self._catalogue.write() as connection:
            for one in answers:
                values = one._asdict()
                keys = {"service": self._service, "question": values.pop("question")}
                upsert(connection, service_answers, keys, values)

    def forget(self) -> int:
        """Forget every answer; returns how many there were."""
        with self._named(), self._catalogue.write() as connection:
            return connection.execute(service_answers.delete().where(self._of_this)).rowcount

    def n_answers(self) -> int:
        """Return how many answers are kept."""
        query = sa.select(sa.func.count()).select_from(service_answers).where(self._of_this)
        with self._named(), self._catalogue.read() as connection:
            return int(connection.execute(query).scalar_one())

    def answers(self) -> list[KeptAnswer]:
        """Return all of them."""
        columns = [service_answers.c[name] for name in KeptAnswer._fields]
        with self._named(), self._catalogue.read() as connection:
            rows = connection.execute(sa.select(*columns).where(self._of_this))
            return [KeptAnswer(*row) for row in rows]

    def take_over(self, file: Path) -> None:
        """Take the record and the answers of this machine's file, where all that is known is older.

        The file gets another name, and is not looked at again.
        """
        here = FileStore(file)
        known = {one.question for one in self.answers()}
        self.remember(one for one in here.answers() if one.question not in known)
        record = here.read()
        with self.changing() as ours:
            if ours == ServiceRecord():
                ours.per_minute = record.per_minute
                ours.open_until, ours.paused_at = record.open_until, record.paused_at
                ours.reason, ours.n_failures = record.reason, record.n_failures
                ours.n_pauses = record.n_pauses
        file.replace(file.with_name(f"{file.name}.in-catalogue"))

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        # The row is the lock: a request under way waits for no writer of the catalogue.
        engine = self._catalogue.engine
        is_sqlite = engine.dialect.name == "sqlite"
        options = write_options(engine) if is_sqlite else {"isolation_level": "READ COMMITTED"}
        with engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    def _make(self, connection: sa.Connection) -> None:
        with suppress(sa.exc.IntegrityError), connection.begin_nested():
            # Fails where another one has just made it.
            connection.execute(service_gates.insert().values(service=self._service, record={}))

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, CatalogueError) as error:
            raise unusable(self._service, error) from error
