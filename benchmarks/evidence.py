"""How well people's writing is weighed: names, songs and cuts of made-up evenings.

    python benchmarks/evidence.py [--evenings 500] [--against CHECKOUT]

Each evening has songs and talk that the real song finder hears, and what viewers leave under it:
lists with the usual slips, lists of another cut of the video (late or early as a whole), copies of
them, the list of another evening, stamps on jokes, game chapters, an ordinary chat with bursts of
cheers, and a chat that calls titles out. `Habits` says how often. Texts are read, weighed and
applied by the real code. `--against` runs the same evenings through another checkout, such
as `git worktree add /tmp/old c4cbdbe`.
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

ACCEPT = 0.8
"""The shipped `labels.accept`."""

BINS = (0.98, 0.95, 0.9, 0.8, 0.5, 0.0)

WHOLE_WITHIN_S = 6.0
"""A song is whole when both of its boundaries are this near to the truth."""


@dataclass(frozen=True)
class Habits:
    """How often viewers do what, and how exactly; shares unless the name says otherwise."""

    honest_lists: float = 1.3
    """Lists of an evening, on average (Poisson)."""
    marked: float = 0.6
    """Lists with artists, numbers or a heading; the others hold bare titles."""
    bias_s: float = 3.0
    slip_s: float = 3.0
    missing: float = 0.06
    wrong_title: float = 0.003
    wrong_minute: float = 0.01
    other_cut: float = 0.12
    copies: float = 0.15
    wrong_list: float = 0.1
    jokes: float = 0.5
    plain_jokes: float = 0.3
    """Of the jokes, those whose words could be a title."""
    nested: float = 0.15
    game_chapters: float = 0.08
    chat: float = 0.5
    plain_bursts: float = 0.3
    """Of the bursts of a chat, those of words that could be a title."""
    chat_calls: float = 0.2


@dataclass
class Evening:
    """What is true, and what people wrote."""

    truth: list[tuple[float, float, str]] = field(default_factory=list)
    info: dict[str, Any] = field(default_factory=dict)
    chat: list[tuple[float, str, str]] = field(default_factory=list)
    """Seconds, author, text."""


JOKES = (
    "lol that sneeze", "her face", "so cute", "voice crack", "the scream", "dad joke", "cat joins",
    "くしゃみ助かる", "噛んだ", "かわいい", "名言", "ここ好き", "ロングトーン", "草", "高音",
)  # fmt: skip
CHEERS = (
    "かわいい",
    "8888",
    "nice",
    "わくわく",
    "おめでとう！",
    "3D!?",
    "Congrats!!",
    "聞こえてるよ",
    "音小さい",
)
BOSSES = (
    "Boss fight",
    "Castle",
    "Swamp level",
    "Shop",
    "Final boss",
    "Tutorial",
    "Cutscene",
    "Maze",
)
SYLLABLES = [
    "ka",
    "ki",
    "ku",
    "mo",
    "ri",
    "na",
    "sa",
    "to",
    "yu",
    "ha",
    "re",
    "lo",
    "mi",
    "ne",
    "za",
    "be",
    "du",
    "fo",
    "gi",
    "pa",
]


def evening(seed: int, habits: Habits, timeline: Any) -> tuple[Evening, Any]:
    """One evening and its segmentation."""
    rng = np.random.default_rng(seed)
    made = Evening()
    timeline.talk(float(rng.uniform(25, 90)))
    for number in range(int(rng.integers(5, 10))):
        start_s = timeline.now_s + 1
        timeline.silence(1).song(float(rng.uniform(80, 210)), 7 * seed % 97 + number)
        made.truth.append((start_s, timeline.now_s, _title(rng)))
        timeline.silence(1).talk(float(rng.lognormal(3.6, 0.7)))
    timeline.talk(20)
    segmentation = timeline.segmentation()
    made.info = {"duration": segmentation.duration_s, "comments": _comments(rng, habits, made)}
    if rng.random() < habits.game_chapters:
        made.info["chapters"] = [
            {"start_time": float(at), "title": str(rng.choice(BOSSES))}
            for at in sorted(rng.uniform(0, segmentation.duration_s, 6).round())
        ]
    made.chat = _chat(rng, habits, made, segmentation.duration_s)
    return made, segmentation


def _title(rng: np.random.Generator) -> str:
    words = ["".join(rng.choice(SYLLABLES, int(rng.integers(2, 4)))) for _ in range(2)]
    return " ".join(words).title()


def _clock(time_s: float) -> str:
    whole = int(max(time_s, 0))
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def _comments(rng: np.random.Generator, habits: Habits, made: Evening) -> list[dict[str, Any]]:
    texts: list[str] = []
    for _ in range(int(rng.poisson(habits.honest_lists))):
        texts.append(_list(rng, habits, made.truth))
        if rng.random() < habits.copies:
            texts.append(_moved(texts[-1], int(rng.choice([0, 30, 45, -20]))))
    if rng.random() < habits.wrong_list:
        other = [
            (start * float(rng.uniform(0.8, 1.3)), 0.0, _title(rng)) for start, _, _ in made.truth
        ]
        texts.append(_list(rng, habits, other))
    if rng.random() < habits.jokes:
        texts.append(_joke_stamps(rng, habits, made.truth[-1][1]))
    return [
        {
            "id": str(number),
            "author": f"viewer {number}",
            "like_count": int(rng.integers(0, 150)),
            "text": text,
        }
        for number, text in enumerate(texts)
    ]


def _list(rng: np.random.Generator, habits: Habits, truth: list[tuple[float, float, str]]) -> str:
    bias_s = float(rng.normal(0, habits.bias_s))
    if rng.random() < habits.other_cut:
        bias_s += float(rng.choice([-1, 1])) * float(rng.uniform(12, 120))
    style = int(rng.integers(1, 4)) if rng.random() < habits.marked else 0
    nested = rng.random() < habits.nested
    lines = ["セトリ"] if style and rng.random() < 0.5 else []
    for number, (start_s, _, title) in enumerate(truth, 1):
        if rng.random() < habits.missing:
            continue
        at = start_s + bias_s + float(rng.laplace(0, habits.slip_s))
        if rng.random() < habits.wrong_minute:
            at += float(rng.choice([-60, 60, 10, -10]))
        shown = _title(rng) if rng.random() < habits.wrong_title else title
        artist = f" / {_title(rng)}" if style in (1, 2) else ""
        numbered = f"{number:02}. " if style in (2, 3) else ""
        lines.append(f"{numbered}{_clock(at)} {shown}{artist}")
        if nested and rng.random() < 0.5:
            lines.append(f"  {_clock(at + float(rng.uniform(20, 80)))} {rng.choice(JOKES)}")
    return "\n".join(lines)


def _moved(text: str, by_s: int) -> str:
    """The same list, every time later by as much."""
    lines = []
    for line in text.splitlines():
        words = line.split(" ")
        place = next((i for i, word in enumerate(words) if word.count(":") == 2), None)
        if place is not None:
            hours, minutes, seconds = map(int, words[place].split(":"))
            words[place] = _clock(hours * 3600 + minutes * 60 + seconds + by_s)
        lines.append(" ".join(words))
    return "\n".join(lines)


def _joke_stamps(rng: np.random.Generator, habits: Habits, end_s: float) -> str:
    times = sorted(rng.uniform(0, end_s, int(rng.integers(3, 9))))
    return "\n".join(
        f"{_clock(float(at))} "
        + (_title(rng) if rng.random() < habits.plain_jokes else str(rng.choice(JOKES)))
        for at in times
    )


def _chat(
    rng: np.random.Generator, habits: Habits, made: Evening, duration_s: float
) -> list[tuple[float, str, str]]:
    messages: list[tuple[float, str, str]] = []
    if rng.random() < habits.chat:
        for at in rng.uniform(0, duration_s, 60):
            messages.append((float(at), f"v{rng.integers(40)}", str(rng.choice(CHEERS[:4]))))
        for cheer in CHEERS[4:]:
            at = float(rng.uniform(0, duration_s))
            cheer = _title(rng) if rng.random() < habits.plain_bursts else cheer
            messages += [(at + float(rng.uniform(0, 12)), f"v{n}", cheer) for n in range(9)]
    if rng.random() < habits.chat_calls:
        for start_s, _, title in made.truth:
            if rng.random() < 0.8:
                n = int(rng.integers(3, 12))
                messages += [
                    (start_s + float(rng.uniform(3, 30)), f"v{viewer}", title)
                    for viewer in range(n)
                ]
    return sorted(messages)


# --- the judgement -----------------------------------------------------------------------------


def run(seeds: range, habits: Habits, checkout: Path | None) -> Counter[str]:
    """Names and cuts of all evenings, by this utawaku or by the one in `checkout`."""
    counts: Counter[str] = Counter()
    prefix = "" if checkout else "utawaku."
    timelines = importlib.import_module("tests.models.song_timelines")
    find_songs = importlib.import_module(f"{prefix}models.songs").find_songs
    for seed in seeds:
        made, segmentation = evening(seed, habits, timelines.Timeline(seed))
        ear = find_songs(segmentation)
        cuts, setlist = (_old_cuts if checkout else _new_cuts)(made, segmentation, prefix)
        _count(counts, made, ear, cuts, _names(cuts, setlist, checkout))
    return counts


def _read(made: Evening, prefix: str) -> list[Any]:
    setlists = importlib.import_module(f"{prefix}models.setlist")
    message = importlib.import_module(prefix + ("models.chat" if prefix else "models.setlist"))
    chat = [message.ChatMessage(at, author, text) for at, author, text in made.chat]
    found: list[Any] = setlists.find_setlists(made.info, live_chat=chat)
    return found


def _new_cuts(made: Evening, segmentation: Any, prefix: str) -> tuple[list[Any], Any]:
    songs = importlib.import_module(f"{prefix}models.songs")
    weighed = songs.find_songs_with_evidence(segmentation, None, _read(made, prefix))
    return weighed.songs, weighed.setlist


def _old_cuts(made: Evening, segmentation: Any, prefix: str) -> tuple[list[Any], Any]:
    merged = importlib.import_module(f"{prefix}models.setlist").merge_setlists(_read(made, prefix))
    find_songs = importlib.import_module(f"{prefix}models.songs").find_songs
    return find_songs(segmentation, setlist=merged.lines if merged else ()), merged


def _names(cuts: list[Any], setlist: Any, checkout: Path | None) -> list[tuple[str, float]]:
    labelling = importlib.import_module(
        "assets.naming" if checkout else "utawaku.workflows.labelling"
    )
    records = importlib.import_module(f"{'' if checkout else 'utawaku.'}library.records")
    names: list[tuple[str, float]] = []
    for number, cut in enumerate(cuts):
        song = records.Song("x@0", "x", number, cut.start_s, cut.stop_s, cut.source, cut.confidence)
        found = labelling.listed_candidate(song, setlist)
        names.append((found.title, found.score) if found is not None else ("", 0.0))
    return names


def _count(
    counts: Counter[str],
    made: Evening,
    ear: list[Any],
    cuts: list[Any],
    names: list[tuple[str, float]],
) -> None:
    counts["songs"] += len(made.truth)
    for start_s, stop_s, _ in made.truth:
        heard = any(_whole(song, start_s, stop_s) for song in ear)
        kept = any(_whole(song, start_s, stop_s) for song in cuts)
        counts["heard whole"] += heard
        counts["lost to evidence"] += heard and not kept
        counts["gained"] += kept and not heard
    named: set[float] = set()
    for cut, (name, score) in zip(cuts, names, strict=True):
        true = max(made.truth, key=lambda song: _overlap(cut, song[0], song[1]))
        sung = _overlap(cut, true[0], true[1]) >= 0.5 * (cut.stop_s - cut.start_s)
        counts["cuts that are no song"] += not sung
        if not name:
            continue
        right = sung and name == true[2]
        bin_ = next(low for low in BINS if score >= low)
        counts[f"{bin_} n"] += 1
        counts[f"{bin_} right"] += right
        counts[f"{bin_} claimed"] += round(1000 * score)
        if score >= ACCEPT:
            counts["applied"] += 1
            counts["wrong"] += not right
            if right:
                named.add(true[0])
    counts["songs named right"] += len(named)


def _whole(song: Any, start_s: float, stop_s: float) -> bool:
    return bool(
        abs(song.start_s - start_s) <= WHOLE_WITHIN_S
        and abs(song.stop_s - stop_s) <= WHOLE_WITHIN_S
    )


def _overlap(song: Any, start_s: float, stop_s: float) -> float:
    return float(min(song.stop_s, stop_s) - max(song.start_s, start_s))


def _calibration(counts: Counter[str]) -> str:
    """For each range of claimed probability: how many names, the mean claim, the share right."""
    rows = []
    for low in BINS:
        n = counts[f"{low} n"]
        if n:
            claimed, right = counts[f"{low} claimed"] / n / 1000, counts[f"{low} right"] / n
            rows.append(f"  from {low:.2f}: {n} names, claimed {claimed:.3f}, right {right:.3f}")
    return "\n".join(rows)


def _shown(name: str, counts: Counter[str]) -> str:
    share = counts["wrong"] / max(counts["applied"], 1)
    return (
        f"{name}: {counts['songs']} songs, {counts['heard whole']} heard whole,"
        f" {counts['lost to evidence']} lost to evidence, {counts['gained']} gained,"
        f" {counts['cuts that are no song']} cuts that are no song;"
        f" names applied {counts['applied']}, songs named right {counts['songs named right']},"
        f" wrong {counts['wrong']}"
        f" ({100 * share:.2f} %)\n{_calibration(counts)}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--evenings", type=int, default=500)
    parser.add_argument("--first", type=int, default=0, help="seed of the first evening")
    parser.add_argument("--against", type=Path, help="another checkout to run too")
    parser.add_argument("--checkout", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    seeds = range(chosen.first, chosen.first + chosen.evenings)
    sys.path.insert(0, str(chosen.checkout or Path(__file__).resolve().parent.parent))
    if chosen.checkout:
        print(json.dumps(run(seeds, Habits(), chosen.checkout)))
        return
    other = None
    if chosen.against:
        command = [sys.executable, "-P", str(Path(__file__).resolve()), "--checkout"]
        command += [str(chosen.against.resolve()), "--evenings", str(chosen.evenings)]
        command += ["--first", str(chosen.first)]
        other = subprocess.Popen(
            command, cwd=chosen.against, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
    print(_shown("this", run(seeds, Habits(), None)), flush=True)
    if other is not None:
        output, _ = other.communicate()
        print(_shown(str(chosen.against), Counter(json.loads(output))))


if __name__ == "__main__":
    main()
