"""The architecture, the style and the types are contracts."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.checks import run_check
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings

ROOT = Path(__file__).parent.parent


def run(*command: str) -> subprocess.CompletedProcess[str]:
    scripts = Path(sys.executable).parent
    return subprocess.run(
        [str(scripts / command[0]), *command[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "check", "--no-cache", "."),
        ("ruff", "format", "--check", "--no-cache", "."),
    ],
    ids=["ruff finds nothing", "ruff formatted it"],
)
def test_the_code_keeps_its_style(command: tuple[str, ...]) -> None:
    done = run(*command)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("check", ["imports", "types"])
def test_the_code_keeps_its_contracts(check: str) -> None:
    done = run_check(check)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("program", "unwanted"),
    [
        pytest.param(
            "utawaku.tui.app",
            "dagster tensorflow onnxruntime yt_dlp",
            id="the screen starts without the pipeline",
        ),
        pytest.param(
            "utawaku.commands.app, utawaku.tui.app",
            "dagster tensorflow onnxruntime yt_dlp av miniaudio alembic scipy PIL textual_image",
            id="the program opens without the pipeline, the models or the decoders",
        ),
        pytest.param(
            "utawaku.commands.app",
            "dagster tensorflow onnxruntime yt_dlp textual sqlalchemy pydantic numpy",
            id="help and version come without settings, catalogue or screen",
        ),
        pytest.param(
            "utawaku.commands.pipeline",
            "tensorflow yt_dlp textual pandas scipy.signal scipy.stats scipy.optimize",
            id="each run of the pipeline starts without what only some runs need",
        ),
    ],
)
def test_what_is_slow_to_import_waits_until_it_is_needed(program: str, unwanted: str) -> None:
    code = f"import sys, {program}; print(*sorted(set({unwanted.split()!r}) & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


@pytest.mark.parametrize(
    ("arguments", "most"),
    [
        (("--version",), 160),
        (("--help",), 320),
        (("songs",), 640),
        (("status",), 565),
        (("doctor",), 710),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_a_command_imports_no_more_than_its_budget_of_modules(
    arguments: tuple[str, ...], most: int, settings: Settings
) -> None:
    """Most of the time of a short command goes into imports; modules can be counted anywhere."""
    Catalogue.open(settings).close()  # a new one imports what makes it
    code = (
        "import atexit, sys; from utawaku.__main__ import main; "
        "atexit.register(lambda: print(len(sys.modules), file=sys.stderr)); "
        f"sys.argv = {['utawaku', *arguments]!r}; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert int(done.stderr.split()[-1]) <= most


@pytest.mark.parametrize("command", ["songs", "status"])
def test_a_short_command_looks_at_no_other_packages(command: str, settings: Settings) -> None:
    Catalogue.open(settings).close()
    code = (
        "import sys\n"
        "def seen(event, arguments):\n"
        "    if event == 'open' and str(arguments[0]).endswith('entry_points.txt'):\n"
        "        print('opened', file=sys.stderr)\n"
        "sys.addaudithook(seen)\n"
        "from utawaku.__main__ import main\n"
        f"sys.argv = {['utawaku', command]!r}\n"
        "main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""


def test_nothing_of_this_machine_is_in_the_repository() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    found = []
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path == Path(__file__) or not path.is_file():
            continue
        text = path.read_bytes()
        found += [name for word in (b"/work/", b"/root/", b"artifactory") if word in text]
    assert found == []
