"""How often witnesses are right: measures what `models/labels/calibration.py` holds.

    python benchmarks/witnesses.py shazam --corpus CORPUS --composed FOLDER
    python benchmarks/witnesses.py setlist [--evenings 600] [--careless 4]

`shazam` asks the stand-in of `tests/servers/shazam.py` through the real client. The stand-in never
says "no match": it answers the nearest of the songs it knows, so that every window of a song that
it does not know brings a false name. The real service is far pickier (it is not reachable here), so
what is measured is how well agreement among windows and places guards against guessing.

`setlist` simulates evenings: songs and talk, cuts as the song finder places them, and viewers who
write timestamps late, early, from another cut of the video, with songs missing, titles slipped by a
line, or copied from each other. The numbers of the simulation are in `People`; the reading, scoring
and merging of the lists is the real code. Fitted on one half of the evenings, judged on the other.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.calibration import upper_bound
from benchmarks.damage import Audio, folder, load, over, voiced
from tests.servers.shazam import KnownSong, shazam_server
from utawaku.library.records import Setlist, Song
from utawaku.services.recognizer import ClientOptions, Gate, ShazamClient, pitch_shift, recognize

RATE = 16_000


# --- Shazam -----------------------------------------------------------------------------------


def shazam(corpus: Path, composed: Path, n_known: int, n_strangers: int) -> None:
    """Count right and wrong names by what agreed."""
    songs = folder(corpus, "songs")
    numbers = sorted(path.name[:4] for path in composed.glob("*.mix.wav"))
    known = [KnownSong(name, "", audio) for name, audio in songs.items()]
    known += [
        KnownSong(number, "", load(composed / f"{number}.backing.wav"))
        for number in numbers[:n_known]
    ]
    voices = [voiced(audio) for audio in folder(corpus, "speech").values()]
    voices = [voice for voice in voices if len(voice) > 3 * RATE]
    rng = np.random.default_rng(3)
    queries: list[tuple[str, Audio]] = []
    for name, audio in songs.items():
        voice = np.resize(voices[int(rng.integers(len(voices)))], len(audio))
        queries.append((name, over(pitch_shift(audio, int(rng.integers(-1, 2)), RATE), voice, -3)))
    for number in numbers[:n_known]:
        mix = load(composed / f"{number}.mix.wav")
        queries.append((number, pitch_shift(mix, int(rng.integers(-1, 2)), RATE)))
    queries += [
        ("", load(composed / f"{number}.mix.wav"))
        for number in numbers[n_known : n_known + n_strangers]
    ]
    counts: dict[tuple[int, bool, int], Counter[bool]] = defaultdict(Counter)
    top: Counter[bool] = Counter()
    with shazam_server(known) as server, tempfile.TemporaryDirectory() as place:
        server.least_share = 0.0
        client = ShazamClient(
            Gate(Path(place) / "shazam.db", per_minute=1e6),
            ClientOptions(base_url=server.url, timeout_s=60),
        )
        for true, audio in queries:
            found = recognize(audio, client)
            for candidate in found.candidates:
                n_windows = min(len(candidate.evidence["windows"]), 3)
                key = (n_windows, candidate.evidence["consistent"] and n_windows > 1,
                       min(candidate.evidence["against"], 6))  # fmt: skip
                counts[key][candidate.title == true] += 1
            if found.candidates and found.candidates[0].score >= 0.8:
                top[found.candidates[0].title == true] += 1
        client.close()
    print(f"{len(queries)} songs, {len(songs) + n_known} known to a service that always answers")
    print("windows  places agree   right  wrong")
    pooled: dict[tuple[int, bool], Counter[bool]] = defaultdict(Counter)
    for (n_windows, consistent, _), some in counts.items():
        pooled[n_windows, consistent].update(some)
    for (n_windows, consistent), some in sorted(pooled.items()):
        print(
            f"{n_windows:7}  {consistent!s:12} {some[True]:7} {some[False]:6}"
            f"   right {(some[True] + 0.5) / (some.total() + 1):.3f}"
        )
    bound = upper_bound(top[False], top.total())
    print(f"applied at 0.8: {top[True]} right, {top[False]} wrong (95 % sure below {bound:.3f})")


# --- setlists ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class People:
    """What is assumed of streams, the song finder and those who write timestamps."""

    bias_s: float = 3.0
    """Deviation of one author's habit: some stamp the announcement, some the first word."""
    slip_s: float = 4.0
    """Mean absolute error of one stamp (Laplace)."""
    other_cut: float = 0.05
    """Authors whose video began up to a minute earlier or later."""
    wrong_minute: float = 0.02
    """Stamps with a digit wrong."""
    missing: float = 0.06
    wrong_title: float = 0.005
    """Lines that name another song than is sung."""
    slipped: float = 0.005
    """Authors whose titles stand a line too low from somewhere on."""
    copies: float = 0.4
    """Authors who copied another's list, mistakes included."""
    cut_s: float = 1.5
    """Mean absolute error of a cut's start."""
    spurious: float = 0.03
    """Cuts that hold no song."""


def setlist(n_evenings: int, people: People) -> None:
    """Fit the probability of a listed name on half of the evenings, judge it on the others."""
    rows = []
    for evening in range(n_evenings):
        rows += [(evening % 2, *row) for row in _evening(np.random.default_rng(evening), people)]
    half = np.array([row[0] for row in rows])
    away_s = np.array([row[1] for row in rows])
    trust = np.array([row[2] for row in rows])
    agree = np.array([row[3] for row in rows])
    against = np.array([row[4] for row in rows])
    right = np.array([row[5] for row in rows])
    score = np.array([row[6] for row in rows])
    print(f"{n_evenings} evenings, {len(rows)} cuts with a line within 40 s")
    print("away      n  right")
    for low, high in ((0, 2), (2, 5), (5, 10), (10, 15), (15, 20), (20, 30), (30, 40)):
        some = (away_s >= low) & (away_s < high)
        if some.any():
            print(f"{low:2}-{high:2} s {int(some.sum()):5}  {right[some].mean():.3f}")
    print("trust         n  right (within 10 s)")
    for low, high in ((0, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 1.01)):
        some = (trust >= low) & (trust < high) & (away_s < 10)
        if some.any():
            print(f"{low:.1f}-{high:.1f} {int(some.sum()):7}  {right[some].mean():.3f}")
    print("another author agrees / contradicts: n, right")
    for yes, no in ((0, 0), (1, 0), (0, 1), (1, 1)):
        some = (agree == yes) & (against == no)
        if some.any():
            print(f"{bool(yes)!s:5} {bool(no)!s:5} {int(some.sum()):6}  {right[some].mean():.3f}")
    features = np.stack([np.ones(len(rows)), trust, agree, against], axis=1)
    _fit_setlist(features[half == 0], right[half == 0])
    held = half == 1
    for threshold in (0.7, 0.8, 0.9, 0.95):
        taken = held & (score >= threshold)
        n_wrong = int((~right[taken]).sum())
        print(
            f"applied from {threshold:.2f}: {taken.sum() / held.sum():.3f} of the cuts,"
            f" {n_wrong / max(taken.sum(), 1):.4f} of the names wrong"
            f" (95 % sure below {upper_bound(n_wrong, int(taken.sum())):.4f})"
        )


def _fit_setlist(features: Any, right: Any) -> None:
    from scipy.optimize import minimize

    y = np.where(right, 1.0, -1.0)

    def loss(weights: Any) -> float:
        logits = features @ weights
        return float(np.logaddexp(0, -y * logits).mean() + 1e-4 * (weights**2).sum())

    best = minimize(loss, np.zeros(features.shape[1])).x
    shown = ", ".join(f"{weight:.2f}" for weight in best)
    print(f"LISTED = ({shown})")


def _evening(rng: np.random.Generator, people: People) -> list[tuple[Any, ...]]:
    """`(seconds away, trust, agree, against, right, score)` of every cut that has a line."""
    from utawaku.models.setlist import find_setlists, merge_setlists
    from utawaku.workflows.labelling import listed_candidate

    n_songs = int(rng.integers(5, 26))
    letters = rng.choice(list("abcdefghijklmnopqrstuvwxyz"), (n_songs + 50, 9))
    titles = ["".join(word) for word in letters.tolist()]
    at = float(rng.uniform(60, 900))
    truth = []
    for title in titles[:n_songs]:
        length_s = float(np.clip(rng.normal(235, 45), 70, 420))
        truth.append((at, at + length_s, title))
        medley = rng.random() < 0.08
        at += length_s + (rng.uniform(1, 6) if medley else rng.lognormal(np.log(75), 0.9))
    lists: list[list[tuple[float, str]]] = []
    for _ in range(int(rng.integers(1, 5))):
        copied = bool(lists) and rng.random() < people.copies
        lists.append(lists[-1] if copied else _written(rng, people, truth, titles[n_songs:]))
    comments = [
        {
            "id": str(number),
            "author": f"viewer {number}",
            "like_count": int(rng.integers(0, 60)),
            "text": "\n".join(f"{_clock(start)} {title}" for start, title in lines),
        }
        for number, lines in enumerate(lists)
    ]
    merged = merge_setlists(find_setlists({"comments": comments}, duration_s=at + 600))
    return _judged(rng, people, truth, merged, listed_candidate)


def _written(
    rng: np.random.Generator,
    people: People,
    truth: list[tuple[float, float, str]],
    others: list[str],
) -> list[tuple[float, str]]:
    bias_s = rng.normal(0, people.bias_s)
    if rng.random() < people.other_cut:
        bias_s += rng.uniform(-60, 60)
    lines = []
    for start_s, _, title in truth:
        if rng.random() < people.missing:
            continue
        at = start_s + bias_s + rng.laplace(0, people.slip_s)
        if rng.random() < people.wrong_minute:
            at += float(rng.choice([-600, -60, -10, 10, 60, 600]))
        if rng.random() < people.wrong_title:
            title = str(rng.choice(others))
        lines.append((max(at, 0.0), title))
    if rng.random() < people.slipped and len(lines) > 4:
        first = int(rng.integers(1, len(lines) - 2))
        names = [title for _, title in lines]
        names[first + 1 :] = names[first:-1]
        lines = [(at, name) for (at, _), name in zip(lines, names, strict=True)]
    return sorted(lines)


def _judged(
    rng: np.random.Generator,
    people: People,
    truth: list[tuple[float, float, str]],
    merged: Setlist | None,
    listed_candidate: Any,
) -> list[tuple[Any, ...]]:
    cuts = [
        (start_s + rng.laplace(0, people.cut_s), stop_s, title) for start_s, stop_s, title in truth
    ]
    for (_, stop_s, _), (start_s, _, _) in pairwise(truth):
        if start_s - stop_s > 60 and rng.random() < people.spurious:
            cuts.append((stop_s + 10, stop_s + 55, ""))
    rows = []
    for start_s, stop_s, title in cuts:
        song = Song("x@0", "x", 0, max(start_s, 0.0), stop_s, "smart", 0.9)
        found = listed_candidate(song, merged)
        if found is not None:
            is_right = bool(title) and found.title == title
            shown = found.evidence
            others = shown["others"]
            against = others["against"] > others["agree"]
            row = (shown["away_s"], shown["trust"], min(others["agree"], 1), against)
            rows.append((*row, is_right, found.score))
    return rows


def _clock(time_s: float) -> str:
    whole = int(time_s)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    part = commands.add_parser("shazam")
    part.add_argument("--corpus", type=Path, required=True)
    part.add_argument("--composed", type=Path, required=True)
    part.add_argument("--known", type=int, default=40)
    part.add_argument("--strangers", type=int, default=40)
    part = commands.add_parser("setlist")
    part.add_argument("--evenings", type=int, default=600)
    part.add_argument("--careless", type=float, default=1.0, help="so many times the mistakes")
    chosen = parser.parse_args()
    if chosen.command == "shazam":
        shazam(chosen.corpus, chosen.composed, chosen.known, chosen.strangers)
    else:
        usual = People()
        careless = {
            name: getattr(usual, name) * chosen.careless
            for name in ("other_cut", "wrong_minute", "wrong_title", "slipped", "spurious")
        }
        setlist(chosen.evenings, replace(usual, **careless))


if __name__ == "__main__":
    main()
