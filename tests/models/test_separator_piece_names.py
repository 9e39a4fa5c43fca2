"""Names of pieces: from a template, safe, and no two alike; FLAC or WAV; each piece's own sound."""

import json
import unicodedata
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.models.separation import Halver, grid, write_wav
from utawaku.library.errors import MediaError, UsageError
from utawaku.models.separator import separate_file
from utawaku.models.separator.joining import join_pieces
from utawaku.models.separator.piece_names import PieceForm, check_form, is_safe, piece_names
from utawaku.models.separator.pieces import separate_pieces
from utawaku.models.separator.plan import Cut, read_plan
from utawaku.models.setlist.subtitles import TimedText

RATE = 8_000
CUES = (
    TimedText(1, 2, "../../etc: la/la"),
    TimedText(2, 3, "Echo"),
    TimedText(3, 4, "ECHO"),
    TimedText(5, 6.5, "\u202etxt.exe\0"),
)
WAV = PieceForm("wav", "{number:02} {start}-{stop} {words}", sounds=True)


@pytest.fixture
def song(tmp_path: Path) -> Path:
    samples = 0.9 * np.random.default_rng(3).uniform(-1, 1, (2, RATE * 8))
    return write_wav(tmp_path / "song.wav", samples, RATE)


@given(
    st.lists(st.text(max_size=300), min_size=1, max_size=8),
    st.sampled_from(["{words}", "{number} {words}", "{hash}", "same", "{start}_{words}", "{stop}"]),
)
def test_names_are_safe_and_no_two_are_one_on_any_file_system(
    texts: list[str], template: str
) -> None:
    names = piece_names([(0.0, 1.0, text) for text in texts], template)
    keys = {unicodedata.normalize("NFC", name).casefold() for name in names}
    assert len(names) == len(keys) == len(texts)
    for name in names:
        assert is_safe(name)
        assert Path(name).name == name
        assert len(f"{name}.accompaniment.flac".encode()) <= 255


def test_a_template_says_number_times_words_and_hash() -> None:
    spans = [(633.0, 640.5, "la la"), (640.5, 3723.25, "")]
    assert piece_names(spans, "{number:03} {start} {stop} {words}") == [
        "001 10_33 10_40.500 la la",
        "002 10_40.500 1_02_03.250",
    ]
    first, second = piece_names(spans, "{hash}")
    assert (len(first), first != second) == (12, True)
    assert piece_names(spans, "{hash}") == [first, second]
    assert piece_names(spans, "{words}") == ["la la", "0002"]


@pytest.mark.parametrize(
    "template", ["", "{title}", "a/{number}", "../{number}", "{number", "{words:d}"]
)
def test_templates_that_cannot_name_pieces_are_refused(template: str) -> None:
    with pytest.raises(UsageError):
        check_form(PieceForm(names=template))
    with pytest.raises(UsageError, match="flac, wav"):
        check_form(PieceForm("mp3"))


def test_wav_pieces_with_names_and_sounds_are_made_once_and_join(
    song: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "pieces"
    cut = Cut(CUES, form=WAV)
    made = separate_pieces(Halver(), song, cut, folder)
    assert (made.failed, made.faults) == ({}, {})
    names = [piece.name for piece in made.plan.pieces]
    assert names[3] == "04 0_03-0_04 ECHO"
    assert len(list(folder.glob("*.wav"))) == 3 * len(names)
    assert {path.parent for path in tmp_path.rglob("*.sound.wav")} == {folder}
    rows = json.loads((folder / "pieces.json").read_text("utf-8"))["pieces"]
    assert [row["name"] for row in rows] == names
    assert separate_pieces(Halver(), song, cut, folder).n_made == 0
    assert separate_pieces(Halver(), song, read_plan(folder).cut, folder).n_made == 0
    sounds = [grid(folder / f"{name}.sound.wav") for name in names]
    np.testing.assert_array_equal(np.concatenate(sounds, axis=1), grid(song))
    done = join_pieces(folder, tmp_path / "out", name="song")
    assert done.mix.name == "song.mix.wav"
    np.testing.assert_array_equal(grid(done.mix), grid(song))
    assert join_pieces(folder, tmp_path, name="s", file_format="flac").mix.suffix == ".flac"


def test_a_changed_piece_has_its_own_mix_until_it_is_taken_away(song: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pieces"
    made = separate_pieces(Halver(), song, Cut(CUES, form=WAV), folder)
    name = made.plan.pieces[2].name
    changed = write_wav(folder / f"{name}.changed.wav", np.zeros((2, RATE)), RATE)
    done = join_pieces(folder, tmp_path / "out", name="song")
    assert done.piece_mixes == (folder / f"{name}.mix.wav",)
    band = grid(folder / f"{name}.accompaniment.wav")
    np.testing.assert_array_equal(grid(done.piece_mixes[0]), band)
    np.testing.assert_array_equal(grid(done.mix)[:, 2 * RATE : 3 * RATE], band)
    changed.unlink()
    assert join_pieces(folder, tmp_path / "out", name="song").piece_mixes == ()
    assert not (folder / f"{name}.mix.wav").exists()


def test_another_form_leaves_nothing_of_the_one_before(song: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pieces"
    separate_pieces(Halver(), song, Cut(CUES, form=WAV), folder)
    again = separate_pieces(Halver(), song, Cut(CUES), folder)
    n_pieces = len(again.plan.pieces)
    assert again.n_made == n_pieces
    assert sorted(path.suffix for path in folder.iterdir()) == [*[".flac"] * 2 * n_pieces, ".json"]


def test_a_piece_whose_sound_is_gone_or_another_is_made_again(song: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pieces"
    plan = separate_pieces(Halver(), song, Cut(CUES, form=WAV), folder).plan
    first, second = (plan.files_of(number, folder)[2] for number in (1, 3))
    first.unlink()
    n_samples = grid(second).shape[1]
    write_wav(second, np.zeros((2, n_samples)), RATE)
    again = separate_pieces(Halver(), song, Cut(CUES, form=WAV), folder)
    assert (again.n_made, again.faults) == (2, {})
    assert grid(second).any()


def test_a_recording_that_grew_names_its_last_piece_anew(tmp_path: Path) -> None:
    samples = 0.5 * np.random.default_rng(3).uniform(-1, 1, (1, RATE * 8))
    folder = tmp_path / "pieces"
    cut = Cut(CUES, form=replace(WAV, names="{stop}"))
    separate_pieces(
        Halver(), write_wav(tmp_path / "a.wav", samples[:, : 7 * RATE], RATE), cut, folder
    )
    grown = separate_pieces(Halver(), write_wav(tmp_path / "a.wav", samples, RATE), cut, folder)
    assert (grown.n_made, grown.plan.pieces[-1].name) == (1, "0_08")
    assert not (folder / "0_07.vocals.wav").exists()
    assert grown.faults == {}


@pytest.mark.parametrize("name", ["../outside", "a/b", "", "..", "x" * 300])
def test_a_list_of_pieces_that_names_files_elsewhere_is_refused(
    song: Path, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "pieces"
    separate_pieces(Halver(), song, Cut(CUES), folder)
    manifest = folder / "pieces.json"
    document = json.loads(manifest.read_text("utf-8"))
    document["pieces"][0]["name"] = name
    manifest.write_text(json.dumps(document), "utf-8")
    with pytest.raises(MediaError, match="a name in it"):
        read_plan(folder)


def test_a_list_of_an_older_release_is_of_flac_by_number(song: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pieces"
    made = separate_pieces(Halver(), song, Cut(CUES), folder)
    manifest = folder / "pieces.json"
    document = json.loads(manifest.read_text("utf-8"))
    for key in ("file_format", "names", "sounds"):
        del document[key]
    for row in document["pieces"]:
        del row["name"]
    manifest.write_text(json.dumps(document), "utf-8")
    found = read_plan(folder)
    assert found.form == made.plan.form
    assert [piece.name for piece in found.pieces] == [piece.name for piece in made.plan.pieces]
    assert separate_pieces(Halver(), song, found.cut, folder).n_made == 0


def test_stems_of_a_file_are_wav_where_it_is_asked_for(song: Path, tmp_path: Path) -> None:
    done = separate_file(Halver(), song, tmp_path / "out", file_format="wav")
    assert done.vocals.name == "song.vocals.wav"
    assert done.vocals.read_bytes()[:4] == b"RIFF"
    np.testing.assert_array_equal(grid(done.vocals) + grid(done.accompaniment), grid(song))
