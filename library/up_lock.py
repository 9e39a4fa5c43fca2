"""The pipeline of a cluster: one at a time over all machines, by an advisory lock of PostgreSQL."""

from typing import Self

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from utawaku.library.catalogue import Catalogue
from utawaku.library.errors import CatalogueError, UtawakuError
from utawaku.library.store.leases import UP

_TRY = (
    "SELECT pg_try_advisory_lock(hashtext('utawaku up'), hashtext(coalesce(current_schema(), '')))"
)


class UpLock:
    """Held over one connection. The server takes it back when that breaks: by the death of this
    process, and half a minute after its machine was lost."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._engine = catalogue.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._connection: sa.Connection | None = None

    @classmethod
    def take(cls, catalogue: Catalogue) -> Self:
        """Take it, and say so in the catalogue.

        Raises:
            UtawakuError: another machine has it.
        """
        lock = cls(catalogue)
        if not lock._try():
            raise lock.refusal()
        catalogue.leases.take(UP, UP)
        return lock

    def refusal(self) -> UtawakuError:
        """Say which machine has it."""
        rows, _now = self._catalogue.leases.listed()
        host = next((row.host for row in rows if row.id == UP), "another machine")
        return UtawakuError(
            f"the pipeline of this library is running on {host}",
            next_step="Start `utawaku worker` here, or `utawaku down` there first",
        )

    def look(self) -> bool:
        """Give a sign of life; False where another machine has the lock by now.

        A server that does not answer for a while changes nothing.
        """
        try:
            if self._connection is None:
                if not self._try():
                    return False
                self._catalogue.leases.take(UP, UP)
            assert self._connection is not None, "the lock was taken over it"
            self._connection.exec_driver_sql("SELECT 1")
            self._catalogue.leases.renew(UP)
        except (DBAPIError, CatalogueError):
            self._drop()
        return True

    def release(self) -> None:
        """Give it back."""
        try:
            self._catalogue.leases.release(UP)
        finally:
            self._drop()

    def _try(self) -> bool:
        connection = self._engine.connect()
        if not connection.exec_driver_sql(_TRY).scalar_one():
            connection.close()
            return False
        self._connection = connection
        return True

    def _drop(self) -> None:
        if self._connection is not None:
            # Not given back to the pool, where it would keep the lock.
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
