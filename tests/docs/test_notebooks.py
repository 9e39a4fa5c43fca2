"""docs/notebooks: the notebook does what it says, from a recording to a packed library."""

import base64
import re
import tomllib
import zipfile
from pathlib import Path

import nbclient
import nbformat
import pytest
from nbclient.exceptions import CellExecutionError

from tests.checks import ROOT
from tests.conftest import DemoStream, Program

NOTEBOOK = ROOT / "docs" / "notebooks" / "songs_of_a_stream.ipynb"


def notebook(**parameters: str) -> nbformat.NotebookNode:
    """The notebook with a cell of other values below that of its parameters."""
    read = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(read)
    (place,) = (
        number
        for number, cell in enumerate(read.cells)
        if "parameters" in cell.metadata.get("tags", [])
    )
    values = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
    read.cells.insert(place + 1, nbformat.v4.new_code_cell(values))
    return read


def execute(read: nbformat.NotebookNode, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run all cells in `folder`, with nothing read from or written to the user's Jupyter."""
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(folder / "jupyter"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    nbclient.NotebookClient(
        read, timeout=250, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()


def printed(read: nbformat.NotebookNode, code: str) -> str:
    """What the cell that holds `code` printed."""
    (cell,) = (cell for cell in read.cells if cell.cell_type == "code" and code in cell.source)
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


@pytest.mark.slow
def test_a_recording_becomes_songs_to_hear_and_to_download(
    program: Program, demo_stream: DemoStream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = notebook(SOURCE=str(demo_stream.path), HOME=str(program.home), PACKAGE="")
    execute(read, tmp_path, monkeypatch)
    listed = printed(read, 'utawaku("songs")')
    for song in demo_stream.truth.songs:
        assert f"{song.title} " in listed
        assert f"{song.artist} " in listed
    assert "\x1b" not in printed(read, 'utawaku("ingest"') + listed
    songs = program.home / "library" / "Songs"
    with zipfile.ZipFile(tmp_path / "songs.zip") as packed:
        names = [name for name in packed.namelist() if not name.endswith("/")]
        assert packed.testzip() is None
    on_disk = {
        path.relative_to(songs).as_posix(): path for path in songs.rglob("*") if path.is_file()
    }
    assert sorted(names) == sorted(on_disk)
    (player,) = (cell for cell in read.cells if "display(Audio(" in cell.source)
    (html,) = (output.data["text/html"] for output in player.outputs if "data" in output)
    (sound,) = re.findall(r'src="data:audio/[\w.+-]+;base64,([\w+/=]+)"', html)
    heard = [path.name for path in on_disk.values() if path.read_bytes() == base64.b64decode(sound)]
    assert len(heard) == 1
    told = printed(read, "display(Audio(")
    titles = [song.title for song in demo_stream.truth.songs if song.title in told]
    assert [title in heard[0] for title in titles] == [True]


def test_without_a_recording_it_says_what_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = notebook(SOURCE="", HOME=str(tmp_path), PACKAGE="")
    with pytest.raises(CellExecutionError, match="Set SOURCE to an address"):
        execute(read, tmp_path, monkeypatch)
    assert not (tmp_path / "songs.zip").exists()


def test_what_it_installs_is_this_package_with_parts_that_there_are() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    source = "\n".join(cell.source for cell in nbformat.read(NOTEBOOK, as_version=4).cells)
    ((name, extras),) = re.findall(r'^PACKAGE = "(\w+)\[([\w,]+)\]"$', source, re.M)
    assert name == project["name"]
    assert set(extras.split(",")) <= set(project["optional-dependencies"])


def test_it_is_kept_without_results() -> None:
    read = nbformat.read(NOTEBOOK, as_version=4)
    code = [cell for cell in read.cells if cell.cell_type == "code"]
    assert code
    assert [cell for cell in code if cell.outputs or cell.execution_count is not None] == []
