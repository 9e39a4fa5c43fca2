"""Pieces between subtitles: they tile the recording, join again, and are made once."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.models.separation import Halver, Shy, grid, write_wav
from utawaku.library.errors import EngineError, MediaError, NotMediaError, SetlistError, UsageError
from utawaku.media.probe import probe
from utawaku.models.separator import Stems, make_separator, separate_file
from utawaku.models.separator.joining import join_pieces
from utawaku.models.separator.pieces import separate_pieces
from utawaku.models.separator.plan import Cut, cut_at_subtitles, plan_pieces, read_plan
from utawaku.models.separator.sound_files import MADE_BY_TAG
from utawaku.models.setlist.subtitles import TimedText, to_srt

RATE = 22_050
LOW = 8_000
"""For recordings that are long."""
CUES = (
    TimedText(0.5, 1.75, "first line"),
    TimedText(1.5, 2.5, "sung into the first"),
    TimedText(2.5, 4.001, "third\x1b[31m"),
    TimedText(6.9, 60.0, "beyond the end"),
)
CUT = Cut(CUES)
N_PIECES = 6


@pytest.fixture
def song(tmp_path: Path) -> Path:
    rng = np.random.default_rng(5)
    samples = 0.9 * rng.uniform(-1, 1, (2, RATE * 7 + 123))
    return write_wav(tmp_path / "song.wav", samples, RATE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "pieces"


class Counting(Halver):
    """Tells how much it was given."""

    def __init__(self, version: str = "1") -> None:
        self.version = version
        self.n_heard = 0

    def stream(self, chunks: Iterable[np.ndarray], sample_rate_hz: int) -> Iterator[Stems]:
        def heard() -> Iterator[np.ndarray]:
            for chunk in chunks:
                self.n_heard += chunk.shape[1]
                yield chunk

        yield from super().stream(heard(), sample_rate_hz)


def joined(folder: Path, target: Path, source: Path) -> None:
    """The pieces join to the recording, bit by bit."""
    done = join_pieces(folder, target, name="song")
    np.testing.assert_array_equal(grid(done.mix), grid(source))
    np.testing.assert_array_equal(grid(done.vocals) + grid(done.accompaniment), grid(source))


def test_pieces_cover_everything_and_every_gap_is_kept() -> None:
    pieces = plan_pieces(CUES, 70_000, 10_000)
    assert [(piece.start, piece.stop) for piece in pieces] == [
        (0, 5_000),
        (5_000, 17_500),
        (17_500, 25_000),
        (25_000, 40_010),
        (40_010, 69_000),
        (69_000, 70_000),
    ]
    assert [bool(piece.text) for piece in pieces] == [False, True, True, True, False, True]


def test_pieces_joined_are_the_stems_of_the_whole(song: Path, folder: Path, tmp_path: Path) -> None:
    whole = separate_file(Halver(), song, tmp_path / "whole")
    done = separate_pieces(Halver(), song, CUT, folder)
    assert (done.plan.n_samples, done.n_made) == (whole.n_samples, N_PIECES)
    assert (done.failed, done.faults) == ({}, {})
    join = join_pieces(folder, tmp_path / "joined", name="song")
    assert (join.n_samples, join.n_changed) == (whole.n_samples, 0)
    np.testing.assert_array_equal(grid(join.vocals), grid(whole.vocals))
    np.testing.assert_array_equal(grid(join.accompaniment), grid(whole.accompaniment))
    np.testing.assert_array_equal(grid(join.mix), grid(song))


def test_what_is_there_is_not_made_again(song: Path, folder: Path) -> None:
    separate_pieces(Halver(), song, CUT, folder)
    before = {path: path.stat().st_mtime_ns for path in folder.glob("*.flac")}
    engine = Counting()
    again = separate_pieces(engine, song, CUT, folder)
    assert (again.n_made, again.faults, engine.n_heard) == (0, {}, 0)
    assert {path: path.stat().st_mtime_ns for path in folder.glob("*.flac")} == before


@pytest.mark.parametrize("fault", ["gone", "short", "of other sound", "no audio"])
def test_only_what_is_wrong_is_made_again(
    song: Path, folder: Path, tmp_path: Path, fault: str
) -> None:
    separate_pieces(Halver(), song, CUT, folder)
    broken = folder / "0004.vocals.flac"
    whole = broken.read_bytes()
    n_samples = grid(broken).shape[1]
    broken.unlink()
    if fault == "short":
        write_wav(tmp_path / "x.wav", np.zeros((2, n_samples - 1)), RATE).replace(broken)
    elif fault == "of other sound":
        write_wav(tmp_path / "x.wav", np.zeros((2, n_samples)), RATE).replace(broken)
    elif fault == "no audio":
        broken.write_bytes(b"\0" * 5_000)
    untouched = (folder / "0003.vocals.flac").stat().st_mtime_ns
    again = separate_pieces(Halver(), song, CUT, folder)
    assert (again.n_made, again.faults) == (1, {})
    assert broken.read_bytes() == whole  # this engine says the same whatever comes before
    assert (folder / "0003.vocals.flac").stat().st_mtime_ns == untouched
    joined(folder, tmp_path / "out", song)


def test_a_newer_engine_makes_all_of_them_anew(song: Path, folder: Path) -> None:
    separate_pieces(Counting("1"), song, CUT, folder)
    assert probe(folder / "0002.vocals.flac").tags[MADE_BY_TAG] == "halver 1 none"
    assert separate_pieces(Counting("2"), song, CUT, folder).n_made == N_PIECES
    assert probe(folder / "0002.vocals.flac").tags[MADE_BY_TAG] == "halver 2 none"


def test_a_break_in_the_middle_is_gone_on_from(song: Path, folder: Path, tmp_path: Path) -> None:
    class Dying(Halver):
        def stream(self, chunks: Iterable[np.ndarray], sample_rate_hz: int) -> Iterator[Stems]:
            n_told = 0
            for stems in super().stream(chunks, sample_rate_hz):
                n_told += stems.vocals.shape[1]
                if n_told > 3 * RATE:
                    raise KeyboardInterrupt
                yield stems

    with pytest.raises(KeyboardInterrupt):
        separate_pieces(Dying(), song, CUT, folder)
    names = sorted(path.name for path in folder.iterdir())
    assert names == [
        *(f"000{n}.{stem}.flac" for n in (1, 2, 3) for stem in ("accompaniment", "vocals")),
        "pieces.json",
    ]
    with pytest.raises(MediaError, match=r"0004\.vocals\.flac: a piece is gone"):
        join_pieces(folder, tmp_path / "out", name="song")
    again = separate_pieces(Halver(), song, CUT, folder)
    assert (again.n_made, again.faults) == (3, {})
    joined(folder, tmp_path / "out", song)


def with_full_scale(folder: Path, *moments_s: float) -> Path:
    """A recording with single samples of full scale."""
    samples = 0.5 * np.random.default_rng(5).uniform(-1, 1, (2, LOW * 40))
    for at_s in moments_s:
        samples[:, round(at_s * LOW)] = -1
    return write_wav(folder / "long.wav", samples, LOW)


def each_second(n_lines: int) -> Cut:
    return Cut(tuple(TimedText(n, n + 1, f"line {n}") for n in range(n_lines)))


def test_a_piece_that_cannot_be_separated_is_told_and_stops_no_other(
    tmp_path: Path, folder: Path
) -> None:
    source = with_full_scale(tmp_path, 20.5)
    # Around the bad second nothing can be made, since its neighbours are heard with it.
    done = separate_pieces(Shy(), source, Cut((TimedText(14, 26, "loud"),)), folder)
    assert list(done.failed) == [2]
    assert done.failed[2] == "the network: will not sing this"
    assert done.faults == {2: "missing"}
    assert done.n_made == 2
    again = separate_pieces(Halver(), source, Cut((TimedText(14, 26, "loud"),)), folder)
    assert (again.n_made, again.faults) == (1, {})
    joined(folder, tmp_path / "out", source)


def test_a_missing_piece_costs_itself_and_a_little_around_it(tmp_path: Path, folder: Path) -> None:
    source = with_full_scale(tmp_path)
    separate_pieces(Halver(), source, each_second(40), folder)
    (folder / "0020.vocals.flac").unlink()
    engine = Counting()
    assert separate_pieces(engine, source, each_second(40), folder).n_made == 1
    assert engine.n_heard <= 11 * LOW


def test_an_engine_that_cannot_hold_it_all_gets_it_in_stretches(
    tmp_path: Path, folder: Path
) -> None:
    source = with_full_scale(tmp_path, *range(40))
    engine = Shy(at_most=20 * LOW)
    done = separate_pieces(engine, source, each_second(40), folder)
    assert (done.n_made, done.failed, done.faults) == (40, {}, {})
    assert engine.n_calls < 20
    joined(folder, tmp_path / "out", source)


def test_an_engine_that_fails_with_everything_is_an_error(tmp_path: Path, folder: Path) -> None:
    source = with_full_scale(tmp_path, *range(40))
    engine = Shy()
    with pytest.raises(EngineError, match="will not sing"):
        separate_pieces(engine, source, each_second(40), folder)
    assert engine.n_calls < 8


def test_moved_lines_leave_alone_what_stays_and_nothing_of_the_old_cut_remains(
    song: Path, folder: Path, tmp_path: Path
) -> None:
    separate_pieces(Halver(), song, CUT, folder)
    moved = Cut((*CUES[:2], TimedText(2.5, 3.5, "shorter")))
    again = separate_pieces(Halver(), song, moved, folder)
    assert len(again.plan.pieces) == 5
    assert again.n_made == 2  # the third line and the rest; the first three are what they were
    assert len(list(folder.glob("*.flac"))) == 2 * 5
    assert read_plan(folder) == again.plan
    joined(folder, tmp_path / "out", song)


def test_a_changed_vocal_is_never_moved_to_another_place(song: Path, folder: Path) -> None:
    separate_pieces(Halver(), song, CUT, folder)
    write_wav(folder / "0003.changed.wav", np.zeros((2, 100)), RATE)
    before = sorted(folder.iterdir())
    with pytest.raises(UsageError, match=r"0003\.changed\.wav"):
        separate_pieces(Halver(), song, Cut(CUES[2:]), folder)
    assert sorted(folder.iterdir()) == before
    later = Cut((*CUES[:3], TimedText(5, 6, "one more")))  # behind it may change what will
    assert separate_pieces(Halver(), song, later, folder).faults == {}


def test_the_plan_on_record_gives_the_same_pieces(song: Path, folder: Path) -> None:
    subtitles = folder.parent / "lines.srt"
    subtitles.write_text(to_srt(CUES), "utf-8")
    cut = cut_at_subtitles(subtitles, shift_s=0.25, start_s=0.5, stop_s=6.0)
    done = separate_pieces(Halver(), song, cut, folder)
    kept = read_plan(folder)
    assert (kept.start_s, kept.stop_s, kept.source) == (0.5, 6.0, "song.wav")
    again = separate_pieces(Halver(), song, kept.cut, folder)
    assert again.n_made == 0
    assert [(p.start, p.stop) for p in again.plan.pieces] == [
        (p.start, p.stop) for p in done.plan.pieces
    ]
    rows = json.loads((folder / "pieces.json").read_text("utf-8"))["pieces"]
    assert [row["text"] for row in rows] == ["", "first line", "sung into the first", "third", ""]


def test_pieces_of_single_samples_are_kept(tmp_path: Path, folder: Path) -> None:
    samples = 0.5 * np.random.default_rng(5).uniform(-1, 1, (1, 8_000))
    source = write_wav(tmp_path / "short.wav", samples, 8_000)
    at = 1 / 8_000
    cut = Cut((TimedText(100 * at, 101 * at, "a"), TimedText(102 * at, 118 * at, "b")))
    done = separate_pieces(Halver(), source, cut, folder)
    assert [p.stop - p.start for p in done.plan.pieces] == [100, 1, 1, 16, 7_882]
    assert done.faults == {}
    joined(folder, tmp_path / "out", source)


@pytest.mark.parametrize(
    ("n_channels", "rate", "level"), [(1, 8_000, 0.5), (6, 96_000, 0.1), (2, 44_100, 0.0)]
)
def test_the_shipped_engine_makes_pieces_of_odd_formats_and_goes_on_between_them(
    tmp_path: Path, folder: Path, n_channels: int, rate: int, level: float
) -> None:
    engine = make_separator("builtin", tmp_path / "weights", threads=1)
    samples = level * np.random.default_rng(7).uniform(-1, 1, (n_channels, rate // 2))
    source = write_wav(tmp_path / "odd.wav", samples, rate)
    cut = Cut((TimedText(0.1, 0.25, "a"), TimedText(0.35, 0.45, "b")))
    assert separate_pieces(engine, source, cut, folder).faults == {}
    (folder / "0003.accompaniment.flac").unlink()
    assert separate_pieces(engine, source, cut, folder).n_made == 1
    joined(folder, tmp_path / "out", source)


def test_a_changed_piece_takes_its_place_whatever_its_rate_and_length(
    song: Path, folder: Path, tmp_path: Path
) -> None:
    pieces = separate_pieces(Halver(), song, CUT, folder).plan.pieces
    before = join_pieces(folder, tmp_path / "before", name="song")
    # Half as long as its place, mono, at another rate.
    n_own = round((pieces[1].stop - pieces[1].start) / RATE * 8_000 / 2)
    write_wav(folder / "0002.changed.wav", np.full((1, n_own), 0.25), 8_000)
    # Far too long.
    write_wav(folder / "0004.changed.wav", np.full((2, 20 * RATE), -0.125), RATE)
    after = join_pieces(folder, tmp_path / "after", name="song", vocals_gain_db=0.0)
    assert (after.n_changed, after.n_samples) == (2, before.n_samples)
    old, new = grid(before.vocals), grid(after.vocals)
    first, third = pieces[1], pieces[3]
    untouched = np.ones(before.n_samples, bool)
    for piece in (first, third):
        untouched[piece.start : piece.stop] = False
    np.testing.assert_array_equal(new[:, untouched], old[:, untouched])
    middle = (first.start + first.stop) // 2
    assert np.abs(new[:, first.start + 500 : middle - 500] / 32768 - 0.25).max() < 0.01
    assert not new[:, middle + 500 : first.stop].any()
    assert (new[:, third.start : third.stop] == -4096).all()
    np.testing.assert_array_equal(grid(after.accompaniment), grid(before.accompaniment))


def test_a_stereo_vocal_may_take_the_place_of_one_in_surround(tmp_path: Path, folder: Path) -> None:
    source = write_wav(tmp_path / "film.wav", np.full((6, 8_000), 0.25), 8_000)
    separate_pieces(Halver(), source, Cut((TimedText(0.25, 0.5, "a"),)), folder)
    write_wav(folder / "0002.changed.wav", np.full((2, 2_000), 0.5), 8_000)
    done = join_pieces(folder, tmp_path / "out", name="film")
    assert probe(done.mix).n_channels == 6
    assert np.abs(grid(done.vocals)[:, 2_000:4_000] / 32768 - 0.5).max() < 1e-3


def test_pieces_that_are_missing_or_short_are_not_joined(
    song: Path, folder: Path, tmp_path: Path
) -> None:
    separate_pieces(Halver(), song, CUT, folder)
    vocals = folder / "0002.vocals.flac"
    write_wav(tmp_path / "x.wav", np.zeros((2, 5)), RATE).replace(vocals)
    with pytest.raises(MediaError, match=r"0002\.vocals\.flac: a piece has 5 samples"):
        join_pieces(folder, tmp_path / "out", name="song")
    vocals.unlink()
    with pytest.raises(MediaError, match=r"0002\.vocals\.flac: a piece is gone"):
        join_pieces(folder, tmp_path / "out", name="song")
    assert not list((tmp_path / "out").glob("*"))
    with pytest.raises(MediaError, match="list of pieces"):
        join_pieces(tmp_path, tmp_path / "out", name="song")


@pytest.mark.parametrize(
    "content", ["", "[]", '{"pieces": []}', '{"pieces": [{"n_samples": -3, "text": ""}]}', "\0"]
)
def test_a_damaged_list_of_pieces_says_so(folder: Path, content: str) -> None:
    folder.mkdir()
    (folder / "pieces.json").write_text(content)
    with pytest.raises(MediaError, match="list of pieces"):
        read_plan(folder)


def test_sound_that_is_none_leaves_no_plan_behind(song: Path, folder: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.mp3"
    text.write_bytes(b"\0" * 4096)
    with pytest.raises(NotMediaError):
        separate_pieces(Halver(), text, CUT, folder)
    with pytest.raises(MediaError, match="no sound"):
        separate_pieces(Halver(), song, replace(CUT, start_s=60.0), folder)
    with pytest.raises(UsageError, match=r"ends after 7\.0 s, before the first line"):
        separate_pieces(Halver(), song, Cut((TimedText(60, 70, "late"),)), folder)
    assert not folder.exists()


def test_subtitles_are_shifted_then_sliced(tmp_path: Path) -> None:
    file = tmp_path / "lines.srt"
    file.write_text(to_srt([TimedText(1, 2, "a"), TimedText(3, 4.5, "b"), TimedText(8, 9, "c")]))
    assert cut_at_subtitles(file, shift_s=-1.5, start_s=2.0, stop_s=5.0) == Cut(
        (TimedText(0.0, 1.0, "b"),), 2.0, 5.0, 3
    )
    first = cut_at_subtitles(file, shift_s=-1.5).cues[0]
    assert (first.start_s, first.stop_s) == (0.0, 0.5)  # what starts before zero is clipped


@pytest.mark.parametrize(
    "span",
    [
        {"start_s": -1.0},
        {"start_s": 3.0, "stop_s": 3.0},
        {"start_s": float("nan")},
        {"stop_s": float("inf")},
        {"shift_s": float("nan")},
    ],
)
def test_spans_that_are_none_are_refused(tmp_path: Path, span: dict[str, float]) -> None:
    file = tmp_path / "lines.srt"
    file.write_text(to_srt([TimedText(1, 2, "a")]))
    with pytest.raises(UsageError, match="not a span"):
        cut_at_subtitles(file, **span)


def test_subtitles_that_are_none_say_so(tmp_path: Path) -> None:
    file = tmp_path / "lines.srt"
    with pytest.raises(SetlistError, match="cannot be read"):
        cut_at_subtitles(file)
    file.write_bytes(b"")
    with pytest.raises(SetlistError, match="holds no subtitles"):
        cut_at_subtitles(file)
    file.write_text(to_srt([TimedText(1, 2, "a")]))
    with pytest.raises(UsageError, match=r"none of the 1 lines shows .* Check shift"):
        cut_at_subtitles(file, shift_s=-30.0)
