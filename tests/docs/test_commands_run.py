"""Every command that the docs show is run: here, or by a test that is named here."""

import ast
import shlex
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.checks import ROOT
from tests.commands.conftest import CommandLine
from tests.conftest import DemoStream, Program
from tests.docs.page_commands import commands_in
from tests.docs.test_console_blocks import PAGES
from tests.ports import free_port
from tests.web.conftest import write_song
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings
from utawaku.library.paths import default_config_path

ELSEWHERE = {
    "follow": "commands/test_follow.py::test_a_channel_is_followed_changed_exported_and_left",
    "highlight": "docs/test_highlights.py::test_the_commands_run",
    "ingest --as-one": "commands/test_ingest.py::"
    "test_parts_of_an_evening_are_one_stream_and_a_song_across_the_seam_is_whole",
    "ingest --as songs": "commands/test_ingest_songs.py::"
    "test_a_folder_of_music_comes_in_whole_with_names_highlights_and_tempo",
    "models pull": "commands/test_models.py::"
    "test_weights_inside_the_package_are_made_without_a_network",
    "playlist": "docs/test_highlights.py::test_the_commands_run",
    "segment --engine": "docs/test_segmenter.py::"
    "test_every_command_of_the_page_makes_what_the_page_says",
    "separate --engine plugin:middle": "docs/test_packages.py::"
    "test_the_command_of_the_page_separates_with_it",
    "separate --subtitles": "commands/test_separate.py::"
    "test_a_stream_of_the_library_is_cut_once_changed_and_joined",
    "separate": "docs/test_separation.py::test_every_command_of_the_page_makes_what_the_page_says",
    "serve --public": "web/test_public.py::test_it_ends_while_a_client_holds_a_request_open",
    "taste --ask": "commands/test_taste.py::"
    "test_songs_are_listed_by_score_and_each_score_is_explained",
    "train collect": "commands/test_train_collect.py::"
    "test_songs_with_a_curve_of_viewers_are_read_as_training_data_and_others_are_named",
    "train evaluate highlight": "commands/test_train_highlight.py::"
    "test_a_model_is_measured_beside_picks_that_need_none_and_a_bad_song_is_named",
    "train evaluate segmenter": "docs/test_segmenter.py::"
    "test_every_command_of_the_page_makes_what_the_page_says",
    "train highlight": "commands/test_train_highlight.py::"
    "test_a_small_model_of_ones_own_is_trained_and_used",
    "train segmenter": "docs/test_segmenter.py::"
    "test_every_command_of_the_page_makes_what_the_page_says",
    "train taste": "commands/test_train_taste.py::test_enough_grades_score_every_song",
    "up --detach": "commands/test_up.py::"
    "test_the_pipeline_takes_a_watched_file_to_songs_and_survives_a_killed_daemon",
    "upload stream:evening": "commands/test_upload.py::"
    "test_the_whole_plan_is_shown_to_whoever_is_not_logged_in_yet",
    "login": "commands/test_upload.py::test_from_log_in_to_published_and_later_songs_appended",
    "upload --page": "commands/test_upload.py::"
    "test_the_page_as_it_will_be_is_written_with_its_season",
    "upload --queue": "commands/test_upload.py::test_queueing_leaves_the_work_to_the_daemon",
    "watch": "commands/test_watch.py::test_each_change_of_another_program_is_a_line",
    "upload --to shelf": "docs/test_packages.py::"
    "test_the_engine_the_target_and_the_site_of_a_package_are_used",
}
"""What cannot be run in a few seconds in the world of this module, by words of the command."""

LINES = sorted({
    shlex.join(words)
    for page in PAGES
    for words in commands_in(page.read_text("utf-8"))
    if words
})  # fmt: skip


def test_by(line: str) -> str | None:
    """The test that runs a command elsewhere: that of the most words."""
    words = shlex.split(line)
    found = [
        key for key in ELSEWHERE if key.split()[0] == words[0] and set(key.split()) <= set(words)
    ]
    return ELSEWHERE[max(found, key=len)] if found else None


test_by.__test__ = False  # type: ignore[attr-defined]
SETTINGS = [line for line in LINES if line.startswith("settings ")]
HERE = [line for line in LINES if line not in SETTINGS and test_by(line) is None]


@dataclass(frozen=True)
class World:
    """A library with the songs of one evening, and a folder with the files that pages name."""

    program: Program
    folder: Path
    stream_id: str


@pytest.fixture(scope="module")
def world(
    tmp_path_factory: pytest.TempPathFactory, weights_dir: Path, demo_stream: DemoStream
) -> World:
    """The world; `~` is its folder."""
    folder = tmp_path_factory.mktemp("pages")
    program = Program(folder / "utawaku", weights_dir)
    (folder / "evening.mkv").write_bytes(demo_stream.path.read_bytes())
    for name in ("liked/two.wav", "dislike/three.wav"):
        write_song(folder / name, seconds=8, bpm=100 + 10 * len(name))
    (folder / "liked.txt").write_text("liked/two.wav\n", "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UTAWAKU_HOME", str(program.home))
        patch.setenv("UTAWAKU_LABELS__SHAZAM", "false")
        patch.chdir(folder)
        assert CommandLine().run("ingest", "evening.mkv").exit_code == 0
        catalogue = Catalogue.open(load_settings())
        (stream,) = catalogue.streams.all()
        for song in catalogue.songs.of_stream(stream.id):
            catalogue.grades.give(song.id, grade=1)
        catalogue.close()
    return World(program, folder, stream.id)


def in_world(line: str, world: World) -> list[str]:
    """The words of a command with this world's stream, its folder for `~`, and no addresses."""
    words = [
        world.stream_id if word == "file-0123456789abcdef" else word for word in shlex.split(line)
    ]
    kept = [word for word in words if "://" not in word]
    return [word.replace("~", str(world.folder)) for word in kept]


@pytest.mark.parametrize("line", [line for line in HERE if not line.startswith("serve")])
def test_a_command_of_the_docs_ends_well(
    line: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UTAWAKU_HOME", str(world.program.home))
    monkeypatch.setenv("UTAWAKU_LABELS__SHAZAM", "false")
    monkeypatch.chdir(world.folder)
    words = in_world(line, world)
    if "--forget" in words:
        CommandLine().run("songs", "grade:like", "--save", "best")
    answer = CommandLine().run(*words)
    assert answer.exit_code == 0, answer.stderr


@pytest.mark.parametrize("line", [line for line in HERE if line.startswith("serve")])
def test_one_that_serves_prints_its_address_and_ends_by_ctrl_c(line: str, world: World) -> None:
    process = world.program.start(*in_world(line, world), "--port", str(free_port()))
    try:
        assert process.stdout is not None
        assert "http://127.0.0.1:" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode in (0, 130)


@pytest.mark.parametrize("line", SETTINGS)
def test_a_setting_of_the_docs_is_written(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UTAWAKU_HOME", str(tmp_path / "utawaku"))
    _command, name, value = shlex.split(line)
    assert CommandLine().run("settings", name, value).exit_code == 0
    written = default_config_path().read_text("utf-8")
    assert f"{name.rpartition('.')[2]} = " in written
    assert value in written


def test_what_is_not_run_here_is_run_by_a_test_that_is_there() -> None:
    asked = {test_by(line) for line in LINES if line not in SETTINGS and line not in HERE}
    assert asked == set(ELSEWHERE.values()), "a line above is of a command that no page shows"
    for words, test in ELSEWHERE.items():
        file, _, name = test.partition("::")
        text = (ROOT / "tests" / file).read_text("utf-8")
        functions = (ast.FunctionDef, ast.AsyncFunctionDef)
        assert name in {node.name for node in ast.parse(text).body if isinstance(node, functions)}
        if "run_page" not in text and "commands_of" not in text and "PAGE" not in text:
            assert f'"{words.split()[0]}"' in text, test
