"""Setlists without times on made-up evenings: how often the names that their order gives are right.

    python benchmarks/ordered_lists.py --evenings 4000

The evenings are simulated, and so are all shares below: how often the song finder misses a song or
finds what is none, how often a list lacks a song, has one that was not sung or two in the wrong
order, and how often another evidence source names a song, sometimes wrongly. The lists are laid by
`utawaku.models.setlist.order`. Prints the share of right names by the number of known songs around
a run of unnamed ones; `ORDERED` in `utawaku.models.labels.calibration` was chosen by it.
"""

import argparse
import random
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from utawaku.models.setlist.order import Name, names_by_order

MISSED, NO_SONG = 0.04, 0.03
"""Of the songs: those that the song finder misses, and finds that are none (found F1 is .96)."""
LACKING, NOT_SUNG, SWAPPED = 0.02, 0.03, 0.01
KNOWN_WRONG = 0.02
"""Of the songs that another source names."""


def evening(
    chance: random.Random, known_share: float
) -> tuple[list[int | None], list[Name], list[Name | None]]:
    """Return the song of each find (None: no song), the list, and what else named each find."""
    n_songs = chance.randint(6, 24)
    finds: list[int | None] = []
    listed: list[int] = []
    for song in range(n_songs):
        if chance.random() >= MISSED:
            finds.append(song)
        if chance.random() < NO_SONG:
            finds.append(None)
        if chance.random() >= LACKING:
            listed.append(song)
        if chance.random() < NOT_SUNG:
            listed.append(n_songs + song)
    for place in range(len(listed) - 1):
        if chance.random() < SWAPPED:
            listed[place], listed[place + 1] = listed[place + 1], listed[place]
    known: list[Name | None] = []
    for song in finds:
        told = None
        if song is not None and chance.random() < known_share:
            wrong = chance.random() < KNOWN_WRONG
            told = name(chance.choice(listed) if wrong and listed else song)
        known.append(told)
    return finds, [name(song) for song in listed], known


def name(song: int) -> Name:
    """A title that no other song has."""
    return (
        f"title {chr(ord('a') + song // 26)}{chr(ord('a') + song % 26)} of song {song * 7919}",
        "",
    )


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--evenings", type=int, default=4000)
    given = parser.parse_args()
    print("known songs | around a run | unnamed songs | named | right")
    for known_share in (0.0, 0.3, 0.6):
        right: Counter[int] = Counter()
        named: Counter[int] = Counter()
        n_unnamed = 0
        for seed in range(given.evenings):
            finds, listed, known = evening(random.Random(seed), known_share)
            n_unnamed += sum(one is None for one in known)
            for index, line in names_by_order(known, listed).items():
                song = finds[index]
                named[line.n_anchors] += 1
                right[line.n_anchors] += song is not None and line.name == name(song)
        for n_anchors in sorted(named):
            share = right[n_anchors] / named[n_anchors]
            print(
                f"{known_share:.0%} | {n_anchors} | {n_unnamed} | {named[n_anchors]} | {share:.3f}"
            )


if __name__ == "__main__":
    main()
