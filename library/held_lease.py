"""A lease that this process holds: renewed by a thread, and looked for in each of its changes."""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from utawaku.library.catalogue import Catalogue
from utawaku.library.errors import CatalogueError, LeaseLostError
from utawaku.library.store.leases import SEEN_EVERY_S

_log = logging.getLogger(__name__)
_AGAIN_AFTER_S = 3.0
"""After a sign that could not be given."""


class HeldLease:
    """One at work in this process. As long as it is held, `catalogue.fence` is its own.

    `on_lost` is called once when the lease turns out to be somebody else's: by the thread that
    renews it, or by the change that finds it out, which then raises LeaseLostError.
    """

    def __init__(self, catalogue: Catalogue, lease_id: str, on_lost: Callable[[], None]) -> None:
        self.id = lease_id
        self._catalogue = catalogue
        self._ids = [lease_id]
        self._on_lost = on_lost
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)

    @classmethod
    def take(
        cls,
        catalogue: Catalogue,
        lease_id: str,
        kind: str,
        on_lost: Callable[[], None] = lambda: None,
    ) -> Self:
        """Take a lease and keep it; see `library.store.leases`.

        Raises:
            LeaseLostError: another process holds it, or it was ended already.
        """
        if not catalogue.leases.take(lease_id, kind):
            on_lost()
            raise LeaseLostError("another process has this run already", subject=lease_id)
        held = cls(catalogue, lease_id, on_lost)
        catalogue.fence = held.look
        held._thread.start()
        return held

    def claim_stream(self, stream_id: str) -> bool:
        """Take a stream; False while another process works on it."""
        holder = self._catalogue.leases.claim_stream(self.id, stream_id)
        if holder is not None and holder not in self._ids:
            self._ids = [*self._ids, holder]  # this process has it by another lease
        return holder is not None

    def look(self, connection: sa.Connection) -> None:
        """Look for the lease inside a change of the catalogue.

        Raises:
            LeaseLostError: it is not this process's any more.
        """
        try:
            self._catalogue.leases.held_by(connection, self._ids)
        except LeaseLostError:
            self._on_lost()
            raise

    def release(self) -> None:
        """Give the lease back, and the stream that it holds."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
        self._catalogue.fence = None
        with suppress(CatalogueError):  # else it runs out by itself
            self._catalogue.leases.release(self.id)

    def _renew(self) -> None:
        wait_s = SEEN_EVERY_S
        while not self._over.wait(wait_s):
            try:
                is_held = self._catalogue.leases.renew(self.id)
            except (DBAPIError, CatalogueError) as error:
                _log.warning("no sign of life in the catalogue for now: %s", error)
                wait_s = _AGAIN_AFTER_S
                continue
            if not is_held:
                self._on_lost()
                return
            wait_s = SEEN_EVERY_S
