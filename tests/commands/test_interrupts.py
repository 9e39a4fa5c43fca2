"""Interrupts that arrive inside a library."""

import sqlite3
import time
from collections.abc import Callable

import dagster as dg
import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from utawaku.commands.interrupts import interrupts_kept


class Closing:
    """A connection of SQLite that is interrupted while it closes."""

    def __init__(self, connection: object, interrupt: type[BaseException]) -> None:
        self._connection = connection
        self._interrupt = interrupt

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)

    def close(self) -> None:
        self._connection.close()  # type: ignore[attr-defined]
        raise self._interrupt


def closing_engine(interrupt: type[BaseException]) -> sa.Engine:
    return sa.create_engine(
        "sqlite://",
        creator=lambda: Closing(sqlite3.connect(":memory:"), interrupt),
        poolclass=NullPool,
    )


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, dg.DagsterExecutionInterruptedError])
def test_an_interrupt_while_a_connection_closes_is_raised_and_not_printed(
    interrupt: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    with interrupts_kept(), pytest.raises(interrupt), closing_engine(interrupt).connect():
        pass
    assert caplog.records == []


def test_an_error_while_a_connection_closes_is_printed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with interrupts_kept(), closing_engine(OSError).connect():
        pass
    (record,) = caplog.records
    assert record.exc_info is not None
    assert record.exc_info[0] is OSError


class Dropped:
    """An object whose destructor runs `action`."""

    def __init__(self, action: Callable[[], None]) -> None:
        self._action = action

    def __del__(self) -> None:
        self._action()


def test_an_interrupt_inside_a_destructor_is_raised_after_it() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    def drop() -> None:
        Dropped(interrupted)
        for _ in range(300):
            time.sleep(0.1)

    with interrupts_kept(), pytest.raises(KeyboardInterrupt):
        drop()
