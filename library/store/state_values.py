"""Values that the pipeline's schedules keep from one run to the next."""

import time
from typing import Any

import sqlalchemy as sa

from utawaku.library.schema import memories
from utawaku.library.store.connections import Connections, upsert


class Memories:
    """Named JSON values with their date."""

    def __init__(self, catalogue: Connections) -> None:
        self._catalogue = catalogue

    def recall(self, name: str, default: Any = None) -> Any:
        """Return what was kept under this name."""
        with self._catalogue.read() as connection:
            row = connection.execute(
                sa.select(memories.c.value).where(memories.c.name == name)
            ).first()
        return row.value if row else default

    def keep(self, name: str, value: Any) -> None:
        """Put `value` (JSON) in place of what was kept."""
        with self._catalogue.write() as connection:
            upsert(connection, memories, {"name": name}, {"value": value, "at": time.time()})
