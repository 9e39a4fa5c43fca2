"""An upgrade that the server ended, as another one waited for it and it for that one."""

import pytest
import sqlalchemy as sa
from alembic import command

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import CatalogueError
from utawaku.library.migrations import DEADLOCK, HEAD, migrate


class EndedByTheServerError(Exception):
    """What a driver raises."""

    sqlstate = DEADLOCK


def deadlocks(monkeypatch: pytest.MonkeyPatch, n: int) -> list[str]:
    """Let the first `n` upgrades of a new catalogue end so, after they made all; returns a log."""
    upgrade, seen = command.upgrade, list[str]()

    def run(*given: object) -> None:
        upgrade(*given)  # type: ignore[arg-type]
        seen.append("upgrade")
        if len(seen) <= n:
            raise sa.exc.OperationalError("CREATE TRIGGER", {}, EndedByTheServerError("deadlock"))

    monkeypatch.setattr(command, "upgrade", run)
    return seen


def test_an_upgrade_ended_by_a_deadlock_is_made_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = deadlocks(monkeypatch, 2)
    catalogue = Catalogue.open(settings)
    with catalogue.read() as connection:
        version = connection.exec_driver_sql("SELECT version_num FROM alembic_version")
        assert version.scalars().all() == [HEAD]
    assert catalogue.streams.count() == 0
    catalogue.close()
    assert seen == ["upgrade"] * 3


def test_one_that_never_gets_through_is_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = deadlocks(monkeypatch, 99)
    with pytest.raises((CatalogueError, sa.exc.OperationalError)):
        Catalogue.open(settings)
    assert seen == ["upgrade"] * 3


def test_a_catalogue_of_the_newest_schema_is_left_alone(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = deadlocks(monkeypatch, 0)
    migrate(catalogue.engine)
    assert seen == []
