"""The first sight: songs on the screen before the screen itself is loaded."""

import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fcntl import ioctl
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.tui.conftest import HandOutput, until
from tests.tui.driving import opened
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings, write_setting
from utawaku.library.paths import catalogue_location
from utawaku.tui.app import UtawakuApp
from utawaku.tui.first_paint import draw, latest
from utawaku.tui.library_handle import LibraryHandle
from utawaku.tui.preferences import Preferences
from utawaku.tui.screens.library import LibraryScreen

ROOT = Path(__file__).parent.parent.parent
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def page(drawn: str) -> list[str]:
    """The lines of a drawn page, without colours."""
    return [ESCAPE.sub("", line) for line in re.split(r"\x1b\[\d+;1H", drawn)[1:]]


def screen_lines(app: UtawakuApp) -> list[str]:
    return ["".join(s.text for s in strip) for strip in app.screen._compositor.render_strips()]


@pytest.mark.parametrize(("width", "height"), [(80, 24), (160, 50), (300, 80)])
@pytest.mark.parametrize("facets", [False, True], ids=["songs", "songs and facets"])
async def test_the_first_sight_is_where_the_screen_will_be(
    app: UtawakuApp, settings: Settings, width: int, height: int, facets: bool
) -> None:
    app.services.preferences.value = Preferences(facets=facets)
    place = catalogue_location()
    assert place is not None
    songs = latest(place, 300)
    assert songs is not None
    first = page(
        draw([song for _number, song in songs], width, height, app.services.preferences.value)
    )
    async with app.run_test(size=(width, height)) as pilot:
        screen = await opened(app, pilot)
        await until(lambda: len(screen.table._songs) > 80, pilot.pause)
        await pilot.pause()
        real = screen_lines(app)
        table = screen.table.content_region
    assert len(first) == height
    if width < 112 and facets:
        assert not any(line.strip() for line in first[3:])
        return
    # The header with its names, then song after song, cell by cell.
    columns = slice(table.x, table.right - 1)
    below = table.bottom
    assert table.y == 2
    for y in range(table.y, below):
        assert _cells(first[y])[columns] == _cells(real[y])[columns], y
    assert all(not line.strip() for line in first[below:])


def _cells(line: str) -> list[str]:
    """One entry a cell; the second half of a wide character is empty."""
    cells: list[str] = []
    for char in line:
        cells += [char] + [""] * (cell_len(char) - 1)
    return cells


def test_the_catalogue_is_looked_for_where_the_settings_have_it(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def agree() -> bool:
        place, known = catalogue_location(), load_settings()
        assert place is not None
        return (place.data_dir, place.database_url) == (known.data_dir, known.database_url)

    assert agree()
    write_setting("data_dir", tmp_path / "elsewhere")
    assert agree()
    assert load_settings().data_dir == tmp_path / "elsewhere"
    monkeypatch.setenv("UTAWAKU_DATA_DIR", str(tmp_path / "by environment"))
    assert agree()
    assert load_settings().data_dir == tmp_path / "by environment"
    write_setting("catalogue_url", "postgresql://127.0.0.1:9/nobody")
    assert agree()
    place = catalogue_location()
    assert place is not None
    assert latest(place, 5) is None
    monkeypatch.setenv("UTAWAKU_CATALOGUE_URL", f"sqlite:///{tmp_path / 'other.db'}")
    assert agree()


def test_a_settings_file_that_is_no_toml_shows_nothing(settings: Settings) -> None:
    path = settings.data_dir.parent / "config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("[[[")
    assert catalogue_location() is None


def test_the_first_page_is_the_one_that_the_library_lists(library: Catalogue) -> None:
    place = catalogue_location()
    assert place is not None
    known = latest(place, 20) or []
    assert [number for number, _song in known] == list(library.browser.search("").numbers[:20])
    assert [song.title for _number, song in known] == [
        song.title for song in library.browser.songs([number for number, _song in known])
    ]


@pytest.mark.sqlite
def test_no_catalogue_is_an_empty_page_and_a_damaged_one_none_at_all(settings: Settings) -> None:
    place = catalogue_location()
    assert place is not None
    assert latest(place, 5) == []
    assert not settings.data_dir.exists()
    settings.data_dir.mkdir(parents=True)
    (settings.data_dir / "catalogue.db").write_bytes(b"not a database" * 100)
    assert latest(place, 5) is None


def test_a_hostile_title_is_drawn_harmless(library: Catalogue, settings: Settings) -> None:
    place = catalogue_location()
    assert place is not None
    songs = latest(place, 1)
    assert songs is not None
    library.songs.set_label(
        songs[0][1].id, "\x1b]0;owned\x07[bold]夜\x1b[31m\n👨‍👩‍👧" + "長" * 500, "\x9b2J", "setlist"
    )
    drawn = draw([song for _number, song in latest(place, 1) or []], 80, 24, Preferences())
    lines = page(drawn)
    assert "owned" not in drawn
    assert "\x07" not in drawn
    assert "\x9b" not in drawn
    assert all(cell_len(line) <= 80 for line in lines)
    assert "[bold]夜" in lines[3]


def test_the_first_sight_needs_neither_textual_nor_the_catalogue_s_libraries() -> None:
    code = (
        "import sys, utawaku.commands, utawaku.tui.start; heavy = {'textual', 'sqlalchemy',"
        " 'numpy', 'pydantic', 'typer', 'tomlkit', 'asyncio'};"
        "print(*sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


def test_the_screen_itself_waits_for_no_database_library() -> None:
    code = (
        "import sys, utawaku.tui.app; heavy = {'sqlalchemy', 'alembic', 'pydantic',"
        " 'typer', 'tomlkit', 'PIL', 'mutagen', 'av', 'sounddevice'};"
        "print(*sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


def is_shown(app: UtawakuApp) -> bool:
    """Return whether the library has its table, which is composed after the screen is there."""
    screen = app.screen
    if not isinstance(screen, LibraryScreen) or not screen.query("SongTable"):
        return False
    return screen.table.current is not None


async def test_keys_are_answered_while_the_catalogue_is_still_loading(
    library: Catalogue, settings: Settings, output: HandOutput
) -> None:
    may_go_on = threading.Event()

    def load() -> tuple[Settings, Catalogue]:
        assert may_go_on.wait(90)
        return settings, library

    place = catalogue_location()
    assert place is not None
    home = LibraryHandle(place, load)
    first = latest(place, 300) or []
    app = UtawakuApp(home, first, open_output=lambda: output)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: is_shown(app), pilot.pause)
        screen = app.screen
        assert isinstance(screen, LibraryScreen)
        await pilot.press("j", "j", "v")
        await until(lambda: screen.table.cursor == 3, pilot.pause)
        assert screen.table.selected == {first[2][0]}
        await pilot.press("slash", *"sort:title")
        await until(lambda: screen.search_bar.text == "sort:title", pilot.pause)
        assert not home.is_open
        assert screen.table.row_count() == len(first)
        may_go_on.set()
        await until(lambda: screen._answered == ("sort:title", False), pilot.pause)
        listing = screen.table.listing
        assert listing is not None
        assert listing.query.sort.field == "title"
        assert screen.table.selected == {first[2][0]}


async def test_the_cursor_stays_on_its_song_when_the_catalogue_is_there(
    library: Catalogue, settings: Settings, output: HandOutput
) -> None:
    may_go_on = threading.Event()

    def load() -> tuple[Settings, Catalogue]:
        assert may_go_on.wait(90)
        return settings, library

    place = catalogue_location()
    assert place is not None
    first = (latest(place, 300) or [])[:50]
    app = UtawakuApp(LibraryHandle(place, load), first, open_output=lambda: output)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: is_shown(app), pilot.pause)
        screen = app.screen
        assert isinstance(screen, LibraryScreen)
        await pilot.press("G")
        await until(lambda: screen.table.cursor == 49, pilot.pause)
        may_go_on.set()
        await until(lambda: screen.table.row_count() == 300, pilot.pause)
        assert screen.table.number_at(screen.table.cursor) == first[49][0]


@dataclass
class Terminal:
    """The real program in a terminal of its own."""

    process: int
    fd: int
    received: bytes = field(default=b"")

    def wait(self, found: Callable[[bytes], bool], told: str) -> None:
        deadline = time.monotonic() + 120
        while not found(self.received):
            assert time.monotonic() < deadline, f"{told}: {self.received[-800:]!r}"
            if select.select([self.fd], [], [], 0.5)[0]:
                try:
                    self.received += os.read(self.fd, 1 << 16)
                except OSError:  # its other end is closed
                    assert found(self.received), f"{told}: {self.received[-800:]!r}"

    def ended(self, key: bytes = b"") -> int:
        """The exit code; `key` is pressed again and again until then."""
        deadline = time.monotonic() + 120
        pressed = 0.0
        while time.monotonic() < deadline:
            if key and time.monotonic() - pressed > 0.5:
                pressed = time.monotonic()
                os.write(self.fd, key)
            process, status = os.waitpid(self.process, os.WNOHANG)
            if process:
                self.process = 0
                while self._read_within(0):  # what it wrote last
                    pass
                return os.waitstatus_to_exitcode(status)
            if not self._read_within(0.1):
                time.sleep(0.01)
        raise AssertionError("the program never ended")

    def _read_within(self, seconds: float) -> bool:
        """Read what comes within a time; False where nothing does, or the other end is closed."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            got = os.read(self.fd, 1 << 16)
        except OSError:
            return False
        self.received += got
        return bool(got)


@contextmanager
def program(settings: Settings) -> Iterator[Terminal]:
    environment = {
        **{name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")},
        "UTAWAKU_HOME": str(settings.data_dir.parent),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
    }
    process, fd = pty.fork()
    if process == 0:
        ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        os.chdir(ROOT)
        os.execve(sys.executable, [sys.executable, "-m", "utawaku"], environment)
    terminal = Terminal(process, fd)
    try:
        yield terminal
    finally:
        if terminal.process:
            os.kill(terminal.process, signal.SIGKILL)
            os.waitpid(terminal.process, 0)
        os.close(fd)


def is_cooked(fd: int) -> bool:
    flags = termios.tcgetattr(fd)[3]
    return bool(flags & termios.ECHO) and bool(flags & termios.ICANON)


def test_songs_are_in_sight_first_and_what_is_typed_meanwhile_is_answered(
    library: Catalogue, settings: Settings
) -> None:
    place = catalogue_location()
    assert place is not None
    titles = [song.title.encode() for _number, song in latest(place, 20) or [] if song.title]
    library.close()
    with program(settings) as terminal:
        terminal.wait(lambda got: any(title in got for title in titles), "no song came")
        assert b"300 songs" not in terminal.received  # the screen itself is not there yet
        os.write(terminal.fd, b"?")
        terminal.wait(lambda got: b"All songs." in got, "the help never came")
        os.write(terminal.fd, b"q")  # closes the help, which may lie over the count
        terminal.wait(lambda got: b"300 songs" in got, "the songs were never counted")
        assert terminal.ended(b"q") == 0
        assert is_cooked(terminal.fd)
        assert terminal.received.rstrip().count(b"\x1b[?1049l") == 1


def test_stopping_it_while_it_loads_leaves_the_terminal_as_it_was(
    library: Catalogue, settings: Settings
) -> None:
    library.close()
    with program(settings) as terminal:
        terminal.wait(lambda got: b"Title" in got, "nothing came")
        os.write(terminal.fd, b"\x03")
        assert terminal.ended() == 130
        assert is_cooked(terminal.fd)
        assert b"\x1b[?1049l" in terminal.received
        assert b"Traceback" not in terminal.received


def test_a_wrong_setting_is_told_on_the_usual_screen(
    library: Catalogue, settings: Settings
) -> None:
    library.close()
    (settings.data_dir.parent / "config.toml").write_text("web_port = 0\n")
    with program(settings) as terminal:
        assert terminal.ended() == 1
        told = terminal.received.rpartition(b"\x1b[?1049l")[2]
        assert b"web_port" in told
        assert is_cooked(terminal.fd)


def test_a_catalogue_that_turns_out_to_be_unusable_is_told_without_a_traceback(
    library: Catalogue, settings: Settings
) -> None:
    with library.engine.begin() as connection:
        connection.exec_driver_sql("update alembic_version set version_num = '9999'")
    library.close()
    with program(settings) as terminal:
        terminal.wait(lambda got: b"Title" in got, "nothing came")
        os.write(terminal.fd, b"xjTRe")  # keys that need the catalogue
        assert terminal.ended() == 1
        assert b"newer utawaku" in terminal.received.rpartition(b"\x1b[?1049l")[2]
        assert b"Traceback" not in terminal.received
        assert is_cooked(terminal.fd)
