"""What pip installs, and that it runs in a folder full of somebody else's modules."""

import configparser
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.conftest import DemoStream
from tests.ports import free_port

ROOT = Path(__file__).parent.parent
FOLDERS = (
    *("library", "media", "demo", "models", "services", "workflows"),
    *("orchestration", "assets", "jobs", "sensors", "tui", "web", "commands"),
)
SHARED = (
    "share/man/man1/utawaku.1",
    "share/applications/utawaku.desktop",
    "share/icons/hicolor/scalable/apps/utawaku.svg",
)
STRANGER = "from pathlib import Path\nPath(__file__ + '.ran').touch()\nraise SystemExit(99)\n"


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    source = folder / "source"
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file() and not name.startswith(("tests/", "docs/", "benchmarks/")):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    subprocess.run(
        [*command, "--no-build-isolation", "--wheel-dir", str(folder), str(source)], check=True
    )
    (made,) = folder.glob("*.whl")
    return made


@dataclass
class Installed:
    """An environment with the wheel, and a folder of somebody else's modules to run in."""

    python: Path
    folder: Path
    environment: dict[str, str]

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(part) for part in command],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )

    def utawaku(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return self.run(self.python.with_name("utawaku"), *arguments)

    def strangers_that_ran(self) -> list[Path]:
        return list(self.folder.rglob("*.ran"))


def strange_folder(folder: Path) -> Path:
    """Fill a folder with modules that are named like our source folders."""
    for name in FOLDERS:
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text(STRANGER, "utf-8")
    (folder / "library" / "__init__.py").unlink()
    (folder / "library").rmdir()
    for name in ("library.py", "definitions.py"):
        (folder / name).write_text(STRANGER, "utf-8")
    return folder


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel in an environment that borrows only our dependencies."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "env"], check=True)
    python = folder / "env" / "bin" / "python"
    (site,) = (folder / "env").glob("lib/python*/site-packages")
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps",
         str(wheel)],
        check=True,
    )  # fmt: skip
    # A folder named in a .pth file is searched, but its own .pth files are not read: the editable
    # install of this checkout stays out.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"UTAWAKU_HOME": str(folder / "home"), "COLUMNS": "120"}
    return Installed(python, strange_folder(folder / "cwd"), environment)


def test_pip_installs_one_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        top = {name.split("/")[0] for name in archive.namelist()}
        names = set(archive.namelist())
    assert {name for name in top if not name.endswith((".dist-info", ".data"))} == {"utawaku"}
    tracked = subprocess.run(
        ["git", "ls-files", "-z", *FOLDERS], cwd=ROOT, capture_output=True, text=True, check=True
    )
    source = [name for name in tracked.stdout.split("\0") if name and (ROOT / name).is_file()]
    assert [name for name in source if f"utawaku/{name}" not in names] == []


def test_man_page_desktop_entry_and_icon_are_installed_below_the_prefix(
    installed: Installed,
) -> None:
    prefix = installed.python.parent.parent
    for path in SHARED:
        assert (prefix / path).read_bytes() == (ROOT / path).read_bytes()


def test_the_desktop_entry_starts_what_is_installed_and_shows_an_icon_that_is() -> None:
    entry = configparser.ConfigParser(interpolation=None, strict=True)
    entry.optionxform = str  # type: ignore[assignment,method-assign]
    entry.read(ROOT / SHARED[1], "utf-8")
    values = dict(entry["Desktop Entry"])
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    assert values["Exec"] in scripts
    assert values["Type"] == "Application"
    assert values["Terminal"] == "true"
    assert values["Icon"] == Path(SHARED[2]).stem
    assert {"Name", "Comment", "Comment[ja]", "Comment[zh_CN]"} <= set(values)
    assert {"AudioVideo", "Audio"} <= set(values["Categories"].split(";"))
    assert values["Categories"].endswith(";")
    assert ElementTree.parse(ROOT / SHARED[2]).getroot().tag.endswith("}svg")


def test_the_installed_program_is_the_wheel(installed: Installed) -> None:
    code = "import utawaku.library as found; print(found.__file__)"
    told = installed.run(installed.python, "-c", code).stdout
    assert str(installed.python.parent.parent) in told


@pytest.fixture(params=["wheel", "editable"])
def anywhere(
    request: pytest.FixtureRequest, installed: Installed, tmp_path: Path, weights_dir: Path
) -> Installed:
    """Each kind of install, with a home of its own, in a folder of somebody else's modules."""
    python = installed.python if request.param == "wheel" else Path(sys.executable)
    weights = tmp_path / "home" / "cache" / "weights"
    weights.parent.mkdir(parents=True)
    weights.symlink_to(weights_dir, target_is_directory=True)
    environment = {**installed.environment, "UTAWAKU_HOME": str(tmp_path / "home")}
    return Installed(python, strange_folder(tmp_path / "cwd"), environment)


def test_commands_run_nothing_of_the_folder_they_are_called_in(
    anywhere: Installed, demo_stream: DemoStream
) -> None:
    for call in (
        anywhere.utawaku("--version"),
        anywhere.run(anywhere.python, "-m", "utawaku", "songs"),
        anywhere.utawaku("ingest", demo_stream.path),
    ):
        assert call.returncode == 0, call.stdout + call.stderr
    assert anywhere.strangers_that_ran() == []


@pytest.mark.slow
def test_the_pipeline_runs_nothing_of_the_folder_it_is_started_in(
    anywhere: Installed, demo_stream: DemoStream
) -> None:
    started = anywhere.utawaku("up", "--detach", "--port", str(free_port()))
    assert started.returncode == 0, started.stdout + started.stderr
    try:
        assert "not running" not in anywhere.utawaku("status").stdout
    finally:
        ended = anywhere.utawaku("down")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert anywhere.strangers_that_ran() == []


def test_all_imports_name_the_installed_package() -> None:
    bare = re.compile(rf"^\s*(?:from|import) (?:{'|'.join(FOLDERS)}|definitions)\b", re.M)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    files = [ROOT / name for name in listed.stdout.split("\0") if name]
    found = [str(file) for file in files if file.is_file() and bare.search(file.read_text("utf-8"))]
    assert found == []
