"""`utawaku catalogue move`: there and back, and never over what is not empty."""

from pathlib import Path

import pytest

from benchmarks.fake_catalogue import fill
from tests import postgres
from tests.commands.conftest import CommandLine
from utawaku.library.catalogue import Catalogue
from utawaku.library.catalogue_copy import is_new
from utawaku.library.config import Settings, load_settings

OTHER = "sqlite:///{}/other.db"


def test_the_command_moves_refuses_what_is_not_empty_and_keeps_a_copy(
    command_line: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UTAWAKU_CATALOGUE_URL", raising=False)
    settings: Settings = load_settings()
    first = Catalogue.open(settings)
    fill(first, 10)
    first.close()
    url = OTHER.format(tmp_path)
    if postgres.SERVER:
        with postgres.schema() as url:
            _moved_and_back(command_line, url)
    else:
        _moved_and_back(command_line, url)


def _moved_and_back(command_line: CommandLine, url: str) -> None:
    moved = command_line.run("catalogue", "move", "--to", url)
    assert (moved.exit_code, "each one checked" in moved.stdout) == (0, True)
    assert load_settings().database_url == url
    refused = command_line.run("catalogue", "move", "--to", "sqlite")
    assert (refused.exit_code, "--replace" in refused.stderr) == (1, True)
    assert load_settings().database_url == url
    assert command_line.run("catalogue", "move", "--to", "sqlite", "--replace").exit_code == 0
    assert len(list((load_settings().data_dir / "backups").glob("catalogue-replaced-*"))) == 1
    opened = Catalogue.open(load_settings())
    assert opened.engine.dialect.name == "sqlite"
    assert not is_new(opened)
    opened.close()
