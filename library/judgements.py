"""Cut judgements of the user as JSON Lines, to rebuild a library by or to give to others.

A line is one judgement: `{"stream": address, "length_s": 5400.0, "said": "song", "start_s": 312.4,
"stop_s": 545.9}`. `stream` is the stream's address, or its id where it came from a local file.
`said` is `song` (both ends are right), `no_song` or `unwanted`.
"""

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from utawaku.library.errors import UsageError
from utawaku.library.identity import SAME_SHARE, is_users, overlap_s
from utawaku.library.records import DropReason, Song, Stream

Said = Literal["song", DropReason]
LENGTH_WITHIN_S = 2.0
"""A recording whose length differs by more is another one: its seconds are not these."""
_SAME_S = 0.01
_SHORTEST_S = 1.0


@dataclass(frozen=True)
class Judgement:
    """One thing that the user said of a cut."""

    stream: str
    """Address of the stream, or its id where it came from a local file."""
    length_s: float
    """Length of its recording; 0 where nobody knows."""
    said: Said
    start_s: float
    stop_s: float

    @property
    def span(self) -> tuple[float, float]:
        """Start and stop in seconds."""
        return self.start_s, self.stop_s


def judgements_in(stream: Stream, songs: Iterable[Song]) -> list[Judgement]:
    """Return what the user said of the songs of a stream, dropped ones among them, in order."""
    found = []
    for song in songs:
        if not is_users(song):
            continue
        said: Said | None = "song" if song.state == "kept" else None
        said = said or next((one for one in get_args(DropReason) if one == song.drop_reason), None)
        if said is not None:
            found.append(
                Judgement(name_of(stream), stream.duration_s, said, song.start_s, song.stop_s)
            )
    return sorted(found, key=lambda one: one.span)


def name_of(stream: Stream) -> str:
    """The stream's address; its id where that is a path, which is nobody else's business."""
    return stream.url if "://" in stream.url else stream.id


def written(judgements: Iterable[Judgement]) -> str:
    """Return judgements as JSON Lines."""
    return "".join(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in judgements)


def read(text: str, subject: str) -> list[Judgement]:
    """Read JSON Lines; empty lines are passed over. `subject` names the file in errors.

    Raises:
        UsageError: a line is no judgement.
    """
    return list(_read(text, subject))


def _read(text: str, subject: str) -> Iterator[Judgement]:
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield _judgement(json.loads(line))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise UsageError(
                f"line {number} is no judgement",
                subject=subject,
                next_step="Give a file that `utawaku judgements export` wrote",
            ) from error


def _judgement(told: Any) -> Judgement:
    start_s, stop_s = float(told["start_s"]), float(told["stop_s"])
    length_s = float(told.get("length_s") or 0.0)
    if told["said"] not in (one for kind in get_args(Said) for one in (get_args(kind) or (kind,))):
        raise ValueError("said what nobody knows")
    if not (0 <= start_s < stop_s < math.inf and 0 <= length_s < math.inf):
        raise ValueError("no span")
    if not isinstance(told["stream"], str) or not told["stream"]:
        raise ValueError("no stream")
    return Judgement(told["stream"], length_s, told["said"], start_s, stop_s)


@dataclass
class Plan:
    """Changes that bring the songs of one stream to what was said of them elsewhere."""

    placed: dict[str, Judgement] = field(default_factory=dict)
    """Songs here, by id, that stand elsewhere, or are called right."""
    dropped: dict[str, Judgement] = field(default_factory=dict)
    merged: list[str] = field(default_factory=list)
    """Ids of songs here that are parts of a judged one."""
    trimmed: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Songs here of which a judged one takes an end."""
    added: list[Judgement] = field(default_factory=list)
    """Judged songs, and finds that are none, of which there is nothing here."""
    n_known: int = 0
    """Judgements that are here already."""
    n_differing: int = 0
    """Judgements that differ from the user's own, which stand."""

    @property
    def n_taken(self) -> int:
        """Number of judgements that change something here."""
        return len(self.placed) + len(self.dropped) + len(self.added)


def plan_of(songs: Sequence[Song], judgements: Sequence[Judgement]) -> Plan:
    """Plan how the songs of a stream, dropped ones among them, follow judgements of it.

    What the user has said here stands. Songs are placed first, so that finds that are none meet
    what is left.
    """
    plan = Plan()
    own = [song for song in songs if is_users(song)]
    free = {song.id: song for song in songs if not is_users(song)}
    taken: list[Judgement] = []
    for one in sorted(judgements, key=lambda one: (one.said != "song", one.span)):
        mine = [song for song in own if _share(one.span, song) > SAME_SHARE]
        if any(_is_same(one, song) for song in mine):
            plan.n_known += 1
        elif mine or any(overlap_s(*one.span, *other.span) > 0 for other in taken):
            plan.n_differing += 1
        else:
            taken.append(one)
            _follow(one, free, plan)
    return plan


def _follow(one: Judgement, free: dict[str, Song], plan: Plan) -> None:
    alike = sorted(
        (song for song in free.values() if _share(one.span, song) > SAME_SHARE),
        key=lambda song: (song.state != "kept", -overlap_s(*one.span, *_span(song))),
    )
    if not alike:
        plan.added.append(one)
    else:
        best = free.pop(alike[0].id)
        (plan.placed if one.said == "song" else plan.dropped)[best.id] = one
    if one.said != "song":
        return
    for song in alike[1:]:
        if song.state == "kept":
            plan.merged.append(free.pop(song.id).id)
    for song in [song for song in free.values() if song.state == "kept"]:
        start_s, stop_s = plan.trimmed.get(song.id, _span(song))
        if overlap_s(*one.span, start_s, stop_s) <= 0:
            continue
        if start_s < one.start_s:
            stop_s = one.start_s
        else:
            start_s = one.stop_s
        if stop_s - start_s < _SHORTEST_S:
            plan.trimmed.pop(song.id, None)
            plan.merged.append(free.pop(song.id).id)
        else:
            plan.trimmed[song.id] = (start_s, stop_s)


def _is_same(one: Judgement, song: Song) -> bool:
    said = "song" if song.state == "kept" else song.drop_reason
    near = abs(one.start_s - song.start_s) <= _SAME_S and abs(one.stop_s - song.stop_s) <= _SAME_S
    return said == one.said and near


def _span(song: Song) -> tuple[float, float]:
    return song.start_s, song.stop_s


def _share(span: tuple[float, float], song: Song) -> float:
    """Share of the shorter one that both have."""
    shorter = min(span[1] - span[0], song.duration_s)
    return overlap_s(*span, *_span(song)) / shorter if shorter > 0 else 0.0
