"""A wrong name or argument of a request does not pass the type checker."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.checks import ROOT, link_package

WRONG = {
    "IngestStream(stream_id='a', agian=('labels',))": "Unexpected keyword argument",
    "IngestStream(stream_id=1)": "incompatible type",
    "Train(model='weather')": "incompatible type",
    "catalogue.requests.file('ingest', 'x')": "incompatible type",
    "catalogue.requests.file(Ingest())": "Missing named argument",
}


@pytest.mark.slow
def test_a_wrong_name_or_argument_fails_in_mypy(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    lines = [
        "from utawaku.library.catalogue import Catalogue",
        "from utawaku.library.requests import Ingest, IngestStream, Train",
        "def wrong(catalogue: Catalogue) -> None:",
        *(f"    {line}" for line in WRONG),
    ]
    program.write_text("\n".join(lines) + "\n", "utf-8")
    mypy = Path(sys.executable).parent / "mypy"
    done = subprocess.run(
        [str(mypy), "--config-file", str(ROOT / "pyproject.toml"), str(program)],
        cwd=link_package(),
        env={"MYPYPATH": str(link_package()), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    for number, told in enumerate(WRONG.values(), 4):
        found = [line for line in done.stdout.splitlines() if f"program.py:{number}: error" in line]
        assert any(told in line for line in found), done.stdout
