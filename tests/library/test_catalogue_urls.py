"""What the settings name as a place for catalogue and files, and what cannot be one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Program
from tests.ports import free_port
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings
from utawaku.library.errors import CatalogueError, ConfigError

PASSWORD = "pa55w0rd"


def test_a_server_that_is_not_there_is_told_without_a_word_of_the_disk() -> None:
    url = f"postgresql://uta:{PASSWORD}@127.0.0.1:{free_port()}/songs"
    with pytest.raises(CatalogueError, match="cannot be reached") as caught:
        Catalogue.open_url(url)
    assert "disk" not in str(caught.value)
    assert "catalogue_url" in caught.value.next_step
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        (f"mysql://uta:{PASSWORD}@db/songs", "the database 'mysql'"),
        (f"postgresql+asyncpg://uta:{PASSWORD}@db/songs", "the driver 'asyncpg'"),
        (f"postgresql://uta:{PASSWORD}@db:port/songs", "no database URL"),
        ("songs", "no database URL"),
    ],
)
def test_a_url_of_something_else_is_refused(url: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem) as caught:
        Catalogue.open_url(url)
    assert PASSWORD not in str(caught.value)
    assert "postgresql" in caught.value.next_step


def test_no_command_shows_the_password_of_the_catalogue(program: Program) -> None:
    program.environment["UTAWAKU_CATALOGUE_URL"] = (
        f"postgresql://uta:{PASSWORD}@127.0.0.1:{free_port()}/songs?password={PASSWORD}"
    )
    for arguments in (("settings",), ("settings", "--json"), ("status", "--json"), ("doctor",)):
        done = program.run(*arguments)
        assert done.stdout + done.stderr
        assert PASSWORD not in done.stdout + done.stderr


@pytest.mark.parametrize("name", ["library_root", "data_dir", "cache_dir"])
def test_a_bucket_is_no_folder_and_the_sentence_names_what_works(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(f"UTAWAKU_{name.upper()}", "s3://bucket/library")
    with pytest.raises(ConfigError, match="NFS"):
        load_settings()
    assert not Path("s3:").exists()


def test_sqlite_loads_no_driver_of_a_server(tmp_path: Path) -> None:
    code = """
import sys
from utawaku.library.catalogue import Catalogue
Catalogue.open_url(sys.argv[1]).close()
print(sorted({"psycopg", "psycopg2", "celery", "utawaku.library.postgres"} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, f"sqlite:///{tmp_path / 'c.db'}"],
        capture_output=True, text=True, check=True, env=dict(os.environ),
    )  # fmt: skip
    assert done.stdout.strip() == "[]"
