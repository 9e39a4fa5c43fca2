"""Songs cut by ear and by a comment's list together, on composed streams with truth.

    python benchmarks/listed_starts.py WORK...

Each WORK holds streams as `benchmarks/songs.py` leaves them. A list of the true songs is written as
a viewer of each habit would write it, one line in 16 missing, and read by the real code; printed
is found and clean F1 by ear alone, with names only, and with starts moved to the list's.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from unittest.mock import patch

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.song_scores import Score, score
from utawaku.library.records import Setlist, SongSpan
from utawaku.models.setlist import find_setlists
from utawaku.models.songs import SongRules
from utawaku.models.songs.evidence import weigh
from utawaku.models.songs.smart import Hearing, hear, smart_songs
from utawaku.models.training.song_data import stored_pairs

Span = tuple[float, float]

_MISSING = 1 / 16
_DIGIT_WRONG = 0.1


def _with_wrong_digits(rng: np.random.Generator) -> float:
    wrong = rng.random() < _DIGIT_WRONG
    return rng.normal(0.5, 0.8) + wrong * rng.choice([-60, -30, -20, -10, 10, 20, 30, 60])


HABITS: dict[str, Callable[[np.random.Generator], float]] = {
    "precise": lambda rng: rng.normal(0.5, 0.8),
    "a little late": lambda rng: rng.normal(2, 2),
    "at the announcement": lambda rng: -abs(rng.normal(4, 3)),
    "sloppy": lambda rng: rng.laplace(0, 4),
    "at the first word": lambda rng: rng.uniform(5, 25),
    "precise, a digit wrong in one of ten": _with_wrong_digits,
}
"""Seconds between the true start and the stamp."""


def comment(songs: Sequence[Span], habit: str, rng: np.random.Generator) -> str:
    lines = ["セトリ"]
    for number, (start_s, _) in enumerate(songs):
        if rng.random() < _MISSING:
            continue
        at_s = int(max(start_s + HABITS[habit](rng), 0))
        clock = f"{at_s // 3600}:{at_s // 60 % 60:02}:{at_s % 60:02}"
        lines.append(f"{clock} Title{chr(65 + number)} Word / Artist{number}")
    return "\n".join(lines)


def lists_of(songs: Sequence[Span], habit: str, seed: int, duration_s: float) -> list[Setlist]:
    text = comment(songs, habit, np.random.default_rng(seed))
    told = [{"id": "c", "author": "viewer", "text": text, "like_count": 20}]
    return find_setlists({"comments": told}, duration_s=duration_s)


def _scored(found: Sequence[SongSpan], true: Sequence[Span]) -> Score:
    return score([(song.start_s, song.stop_s) for song in found], true)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("work", type=Path, nargs="+")
    rules = SongRules()
    heard: list[tuple[Hearing, list[SongSpan], list[Span]]] = []
    for work in parser.parse_args().work:
        for segmentation, truth in stored_pairs(work):
            hearing = hear(segmentation, rules)
            true = [(song["start"], song["end"]) for song in truth["songs"]]
            heard.append((hearing, smart_songs(hearing, rules), true))
    alone = sum((_scored(found, true) for _, found, true in heard), Score())
    print(f"{len(heard)} streams, {alone.n_true} songs")
    print(f"{'by ear':38} {alone.found_f1:.3f} / {alone.clean_f1:.3f}")
    for habit in HABITS:
        named, moved = Score(), Score()
        for seed, (hearing, found, true) in enumerate(heard):
            lists = lists_of(true, habit, seed, hearing.segmentation.duration_s)
            moved += _scored(weigh(hearing, found, lists, rules).songs, true)
            with patch(
                "utawaku.models.songs.evidence.at_listed_starts",
                lambda _hearing, songs, _lines, _rules: list(songs),
            ):
                named += _scored(weigh(hearing, found, lists, rules).songs, true)
        print(
            f"{habit:38} {named.found_f1:.3f} / {named.clean_f1:.3f}"
            f"   {moved.found_f1:.3f} / {moved.clean_f1:.3f}"
        )


if __name__ == "__main__":
    main()
