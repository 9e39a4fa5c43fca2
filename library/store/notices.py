"""Notices, kept until they are read."""

import time
from dataclasses import fields

import sqlalchemy as sa

from utawaku.library.records import Notice
from utawaku.library.schema import notices
from utawaku.library.store.connections import Connections

_COLUMNS = [notices.c[field.name] for field in fields(Notice)]


class Notices:
    """Messages with a reason and a next step."""

    def __init__(self, catalogue: Connections) -> None:
        self._catalogue = catalogue

    def add(
        self, level: str, title: str, *, body: str = "", next_step: str = "", stream_id: str = ""
    ) -> None:
        """Leave a notice; an unread one with the same words is only dated again."""
        with self._catalogue.write() as connection:
            same = (
                notices.c.title == title,
                notices.c.body == body,
                notices.c.stream_id == stream_id,
                notices.c.read_at.is_(None),
            )
            again = notices.update().where(*same).values(created_at=time.time(), level=level)
            if connection.execute(again).rowcount:
                return
            connection.execute(
                notices.insert().values(
                    level=level,
                    title=title,
                    body=body,
                    next_step=next_step,
                    stream_id=stream_id,
                    created_at=time.time(),
                )
            )

    def has(self, title: str, body: str) -> bool:
        """Return whether such a notice was left before, read or not."""
        query = sa.select(sa.exists().where(notices.c.title == title, notices.c.body == body))
        with self._catalogue.read() as connection:
            return bool(connection.scalar(query))

    def recent(self, *, limit: int = 200, unread_only: bool = False) -> list[Notice]:
        """Notices, the latest first."""
        query = sa.select(*_COLUMNS).order_by(notices.c.created_at.desc(), notices.c.id.desc())
        if unread_only:
            query = query.where(notices.c.read_at.is_(None))
        with self._catalogue.read() as connection:
            return [Notice(*row) for row in connection.execute(query.limit(limit))]

    def mark_read(self, notice_id: int | None = None) -> None:
        """Mark one notice, or all, as read."""
        change = notices.update().where(notices.c.read_at.is_(None)).values(read_at=time.time())
        if notice_id is not None:
            change = change.where(notices.c.id == notice_id)
        with self._catalogue.write() as connection:
            connection.execute(change)
