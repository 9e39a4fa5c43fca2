"""The architecture, the style and the types are contracts."""

import subprocess
import sys
from pathlib import Path

import pytest

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
        ("lint-imports", "--no-cache"),
        ("ruff", "check", "--no-cache", "."),
        ("ruff", "format", "--check", "--no-cache", "."),
        ("mypy",),
    ],
    ids=["imports flow one way", "ruff finds nothing", "ruff formatted it", "types fit"],
)
def test_the_code_keeps_its_contracts(command: tuple[str, ...]) -> None:
    done = run(*command)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_screen_starts_without_the_pipeline() -> None:
    code = (
        "import sys, tui.app; heavy = {'dagster', 'tensorflow', 'onnxruntime', 'yt_dlp'};"
        "print(*sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


def test_the_program_opens_without_the_pipeline_the_models_or_the_decoders() -> None:
    code = (
        "import sys, commands.app, tui.app; heavy = {'dagster', 'tensorflow', 'onnxruntime',"
        " 'yt_dlp', 'av', 'miniaudio', 'alembic', 'scipy', 'PIL', 'textual_image'};"
        "print(*sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


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
