"""Setlists of a stream: found in its page's data, scored, ranked and merged into one.

The score of a setlist is its quality as a list (how many songs, how list-like the lines, how
plausible the gaps) times the trust in its author, which agreement with other people's lists raises.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from utawaku.library.records import Setlist, SetlistLine
from utawaku.models.chat import ChatMessage
from utawaku.models.labels.titles import artist_key, similarity, title_key
from utawaku.models.setlist.commenters import author_of, is_by_channel, with_own_replies
from utawaku.models.setlist.live_chat import titles_in_chat
from utawaku.models.setlist.parse import listlikeness, parse_setlist, read_entries

SAME_START_S = 20.0
"""Lines of two people about one song start within this time of each other."""

MIN_SONGS = 2

_TRUST = {"user": 1.0, "description": 0.8, "chapters": 0.75, "comment": 0.5, "live_chat": 0.35}
_HEADER = re.compile(
    r"セトリ|セットリスト|歌った曲|タイムスタンプ|set\s*-?list|track\s*list|song\s*list|time\s*stamps?|timeline"
    r"|歌单|歌單|曲目|时间轴|時間軸|타임스탬프|타임라인|셋리스트|셋리|노래\s*목록",
    re.IGNORECASE,
)
_PLAIN_GAP_S = (75.0, 15 * 60.0)
_CATEGORIES = "twitch"
"""Sites whose chapters are the categories that the host chose: "Just Chatting", "Music"."""
_UNTITLED = re.compile(
    r"<untitled chapter \d+>|\[SponsorBlock\].*"
    r"|(?:unnamed|chapter|kapitel|chapitre|cap[ií]tulo|チャプター|章节|章節)[ #_]*\d+",
    re.IGNORECASE,
)
"""Names that programs give to chapters: yt-dlp, OBS, editors."""


@dataclass(frozen=True)
class _Found:
    setlist: Setlist
    quality: float
    trust: float


def find_setlists(
    info: Mapping[str, Any],
    *,
    live_chat: Sequence[ChatMessage] = (),
    user_text: str = "",
    duration_s: float | None = None,
    known_artists: Collection[str] = (),
    part_starts_s: Sequence[float] = (),
) -> list[Setlist]:
    """Every setlist that a yt-dlp `info` dict holds, best first.

    Reads `description`, `chapters` and `comments`, the replayed chat and what the user pasted. A
    setlist has at least two songs within the recording (one is enough from the user). Of a section
    of a video (`section_start`, as yt-dlp tells it) the page's times are those of the whole video.
    `known_artists` help to tell which side of a separator is the artist. `part_starts_s` are the
    starts of the recording's parts, in seconds, for times that name one ("P2 3:20").
    """
    length_s = duration_s if duration_s is not None else info.get("duration")
    end_s = float(length_s) if isinstance(length_s, int | float) and length_s > 0 else math.inf
    reader = _Reader(end_s, frozenset(known_artists), tuple(part_starts_s), section_start_s(info))
    found = [
        *_from_user(user_text, reader),
        *_from_description(info, reader),
        *_from_chapters(info, reader),
        *_from_comments(info, reader),
        *_from_chat(live_chat, reader),
    ]
    scored = [_with_agreement(item, found) for item in found]
    return sorted(scored, key=lambda setlist: -setlist.score)


def merge_setlists(setlists: Sequence[Setlist]) -> Setlist | None:
    """One setlist from all: each song once, named by the most trusted, with provenance.

    Lines belong together when they start within `SAME_START_S`, or within a minute with alike
    titles. A song that only weak sources know is kept only if its sources together reach the
    score of a plain comment. `evidence["lines"]` holds for each line the sources that have it, and
    how many of them agree on the title.
    """
    if not setlists:
        return None
    ranked = sorted(setlists, key=lambda setlist: -setlist.score)
    clusters: list[list[tuple[Setlist, SetlistLine]]] = []
    for setlist in ranked:
        taken: set[int] = set()
        for line in setlist.lines:
            index = _cluster_of(line, clusters, taken)
            if index is None:
                clusters.append([])
                index = len(clusters) - 1
            taken.add(index)
            clusters[index].append((setlist, line))
    best_score = ranked[0].score
    kept = [c for c in clusters if _weight(c) >= min(0.5 * best_score, 0.3)]
    kept.sort(key=lambda cluster: cluster[0][1].start_s)
    lines = tuple(_merged_line(cluster) for cluster in kept)
    provenance = [
        {
            "start_s": line.start_s,
            "from": [
                {"source": s.source, "author": s.author, "start_s": member.start_s}
                for s, member in cluster
            ],
            "belief": cluster[0][0].score,
            **_offset(cluster[0][0]),
            **_called(*cluster[0]),
            **_sources(cluster),
        }
        for line, cluster in zip(lines, kept, strict=True)
    ]
    return Setlist(
        lines=lines,
        source="merged" if len(ranked) > 1 else ranked[0].source,
        score=best_score,
        author=ranked[0].author,
        evidence={"n_sources": len(ranked), "lines": provenance},
    )


def _offset(setlist: Setlist) -> dict[str, float]:
    offset_s = setlist.evidence.get("offset_s", 0.0)
    return {"offset_s": offset_s} if offset_s else {}


def _called(setlist: Setlist, line: SetlistLine) -> dict[str, Any]:
    """Return how many viewers called a title out in the chat; empty for a line that somebody
    listed.
    """
    called = setlist.evidence.get("called")
    return dict(called[setlist.lines.index(line)]) if called else {}


@dataclass(frozen=True)
class _Reader:
    """The reading of one recording's texts."""

    end_s: float
    known_artists: frozenset[str]
    part_starts_s: tuple[float, ...]
    section_start_s: float = 0.0
    """Start of the recording in the video of the page."""

    def lines_of(self, text: str) -> tuple[SetlistLine, ...]:
        return self.lines_within(self._parsed(text))

    def lines_of_user(self, text: str) -> tuple[SetlistLine, ...]:
        """Read what is timed by the recording, not by the page's video."""
        return _within(self._parsed(text), self.end_s)

    def lines_within(self, lines: Sequence[SetlistLine]) -> tuple[SetlistLine, ...]:
        return _within(lines_since(lines, self.section_start_s), self.end_s)

    def _parsed(self, text: str) -> list[SetlistLine]:
        return parse_setlist(
            text, known_artists=self.known_artists, part_starts_s=self.part_starts_s
        )

    def listlikeness_of(self, text: str) -> float:
        return listlikeness(text, part_starts_s=self.part_starts_s)


def lines_since(lines: Sequence[SetlistLine], start_s: float) -> list[SetlistLine]:
    """Return the lines from a second on, with times that count from there."""
    if not start_s:
        return list(lines)
    return [
        replace(
            line,
            start_s=line.start_s - start_s,
            stop_s=None if line.stop_s is None else line.stop_s - start_s,
        )
        for line in lines
        if line.start_s >= start_s
    ]


def section_start_s(info: Mapping[str, Any]) -> float:
    """Return where in the page's video the recording begins, in seconds; 0.0 for all of it.

    yt-dlp tells it of what it fetches by `--download-sections`, and of clips.
    """
    told = info.get("section_start")
    return float(told) if isinstance(told, int | float) and 0 <= told < math.inf else 0.0


def _from_user(text: str, reader: _Reader) -> Iterable[_Found]:
    lines = reader.lines_of_user(text) if text else ()
    if lines:
        yield _Found(Setlist(lines, "user", 1.0), 1.0, 1.0)


def _from_description(info: Mapping[str, Any], reader: _Reader) -> Iterable[_Found]:
    text = info.get("description")
    if isinstance(text, str):
        author = str(info.get("channel") or info.get("uploader") or "")
        yield from _judge(text, "description", author, {}, _TRUST["description"], reader)


def _from_chapters(info: Mapping[str, Any], reader: _Reader) -> Iterable[_Found]:
    if str(info.get("extractor_key") or "").lower().startswith(_CATEGORIES):
        return
    titled = [
        (float(chapter["start_time"]), chapter["title"])
        for chapter in info.get("chapters") or ()
        if isinstance(chapter.get("title"), str)
        and isinstance(chapter.get("start_time"), int | float)
    ]
    lines = [
        replace(line, is_song=line.is_song and not _UNTITLED.fullmatch(line.raw.strip()))
        for line in read_entries(titled, known_artists=reader.known_artists)
    ]
    kept = reader.lines_within(lines)
    if sum(line.is_song for line in kept) >= MIN_SONGS:
        author = str(info.get("channel") or info.get("uploader") or "")
        quality = _quality(kept, 0.8)
        yield _Found(Setlist(kept, "chapters", 0.0, author), quality, _TRUST["chapters"])


def _from_comments(info: Mapping[str, Any], reader: _Reader) -> Iterable[_Found]:
    comments = with_own_replies(
        [c for c in info.get("comments") or () if isinstance(c.get("text"), str)]
    )
    most_liked = max((_likes(comment) for comment in comments), default=0)
    for comment in comments:
        pinned = bool(comment.get("is_pinned"))
        hearted = bool(comment.get("is_favorited"))
        likes = _likes(comment)
        by_channel = is_by_channel(comment, info)
        liked = math.log1p(likes) / math.log1p(most_liked) if most_liked else 0.0
        trust = _TRUST["comment"] + 0.25 * pinned + 0.25 * by_channel + 0.1 * liked
        trust += 0.15 * hearted  # many channels give a heart to whoever wrote a list, read or not
        evidence = {
            "comment_id": str(comment.get("id") or ""),
            "likes": likes,
            "pinned": pinned,
            "hearted": hearted,
            "by_channel": by_channel,
        }
        yield from _judge(
            comment["text"], "comment", author_of(comment), evidence, min(trust, 0.98), reader
        )


def _from_chat(messages: Sequence[ChatMessage], reader: _Reader) -> Iterable[_Found]:
    for message in messages:
        if ":" in message.text or "：" in message.text:
            trust = _TRUST["live_chat"] + 0.2 * message.trusted
            evidence = {"at_s": message.offset_s}
            yield from _judge(message.text, "live_chat", message.author, evidence, trust, reader)
    called = [(line, why) for line, why in titles_in_chat(messages) if line.start_s < reader.end_s]
    if called:
        lines = tuple(line for line, _ in called)
        calls: dict[str, Any] = {"called": [why for _, why in called]}
        speakers = sum(why["speakers"] for _, why in called) / len(called)
        quality = _amount(len(called)) * min(1.0, 0.5 + speakers / 20)
        yield _Found(
            Setlist(lines, "live_chat", 0.0, "viewers", calls), quality, _TRUST["live_chat"]
        )


def _judge(
    text: str, source: str, author: str, evidence: dict[str, Any], trust: float, reader: _Reader
) -> Iterable[_Found]:
    lines = reader.lines_of(text)
    if sum(line.is_song for line in lines) < MIN_SONGS:
        return
    listlike = 1.0 if _HEADER.search(text) else reader.listlikeness_of(text)
    quality = _quality(lines, listlike)
    yield _Found(Setlist(lines, source, 0.0, author, evidence), quality, trust)


def _within(lines: Sequence[SetlistLine], end_s: float) -> tuple[SetlistLine, ...]:
    return tuple(line for line in lines if line.start_s < end_s)


def _quality(lines: Sequence[SetlistLine], listlike: float) -> float:
    songs = [line for line in lines if line.is_song]
    gaps = [after.start_s - before.start_s for before, after in pairwise(songs)]
    plausible = sum(_PLAIN_GAP_S[0] <= gap <= _PLAIN_GAP_S[1] for gap in gaps) / len(gaps)
    if len(songs) >= 4 and listlike < 0.6:
        # Bare titles, evenly spaced like songs: stamps on jokes come in clumps.
        listlike = max(listlike, 0.7 * plausible)
    return _amount(len(songs)) * (0.2 + 0.8 * listlike) * (0.4 + 0.6 * plausible)


def _amount(n_songs: int) -> float:
    return 1 - math.exp(-n_songs / 2)


def _with_agreement(item: _Found, others: Sequence[_Found]) -> Setlist:
    """Score a setlist, counting how many of its songs other people's lists confirm."""
    if item.setlist.source == "user":
        return item.setlist
    songs = [line for line in item.setlist.lines if line.is_song]
    others_lines = [
        line
        for other in others
        if other.setlist.author != item.setlist.author and other.setlist.source != "user"
        for line in other.setlist.lines
        if line.is_song
    ]
    confirmed = sum(any(_same_line(line, other) for other in others_lines) for line in songs)
    agreement = confirmed / len(songs) if songs else 0.0
    score = item.quality * (item.trust + (1 - item.trust) * 0.6 * agreement)
    evidence = {**item.setlist.evidence, "agreement": round(agreement, 3), "n_songs": len(songs)}
    return replace(item.setlist, score=round(min(score, 0.99), 4), evidence=evidence)


def _likes(comment: Mapping[str, Any]) -> int:
    likes = comment.get("like_count")
    return int(likes) if isinstance(likes, int | float) and likes > 0 else 0


def _same_line(a: SetlistLine, b: SetlistLine) -> bool:
    apart_s = abs(a.start_s - b.start_s)
    if apart_s > 60.0:
        return False
    alike = _title_similarity(a, b)
    return alike >= 0.75 or (apart_s <= SAME_START_S and alike >= 0.5)


def _title_similarity(a: SetlistLine, b: SetlistLine) -> float:
    """Alikeness of two titles; someone may have written artist and title the other way round."""
    left, right = title_key(a.title), title_key(b.title)
    crossed = min(similarity(left, artist_key(b.artist)), similarity(artist_key(a.artist), right))
    return max(similarity(left, right), crossed)


def _cluster_of(
    line: SetlistLine,
    clusters: Sequence[Sequence[tuple[Setlist, SetlistLine]]],
    taken: set[int],
) -> int | None:
    """The cluster whose leading line is the same song; each list joins a cluster only once."""
    nearest: tuple[float, int] | None = None
    for index, cluster in enumerate(clusters):
        if index in taken:
            continue
        leader = cluster[0][1]
        apart_s = abs(leader.start_s - line.start_s)
        if leader.is_song != line.is_song and apart_s > 5.0:
            continue
        if apart_s <= SAME_START_S or _same_line(leader, line):
            nearest = min(nearest or (apart_s, index), (apart_s, index))
    return nearest[1] if nearest else None


def _weight(cluster: Sequence[tuple[Setlist, SetlistLine]]) -> float:
    wrong = 1.0
    for setlist, _ in cluster:
        wrong *= 1.0 - setlist.score
    return 1.0 - wrong


def _sources(cluster: Sequence[tuple[Setlist, SetlistLine]]) -> dict[str, int]:
    """Return how many others give the leading line's title, and how many another.

    Who has the very same second has copied: people who listen differ by a few.
    """
    leader = cluster[0][1]
    agree = against = 0
    for setlist, line in cluster[1:]:
        if not line.title or not line.is_song:
            continue
        if _title_similarity(leader, line) < 0.6:
            # What the chat calls out beside a list is mostly a cheer.
            against += not setlist.evidence.get("called")
        elif line.start_s != leader.start_s:
            agree += 1
    return {"agree": agree, "against": against}


def _merged_line(cluster: Sequence[tuple[Setlist, SetlistLine]]) -> SetlistLine:
    """Start and title of the most trusted line; artist and stop from the next that agree."""
    leader = cluster[0][1]
    artist = leader.artist
    stop_s = leader.stop_s
    for _, line in cluster[1:]:
        if not artist and similarity(title_key(leader.title), title_key(line.title)) >= 0.75:
            artist = line.artist
        if stop_s is None and line.stop_s is not None and line.stop_s > leader.start_s:
            stop_s = line.stop_s
    return replace(leader, artist=artist, stop_s=stop_s)
