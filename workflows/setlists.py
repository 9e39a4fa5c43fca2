"""The timestamps that people left for a stream, as the song finder wants them."""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import SetlistError
from utawaku.library.records import Setlist, SetlistLine, Song, Stream
from utawaku.models.chat import ChatMessage, read_chat
from utawaku.models.setlist import (
    OrderedList,
    find_ordered,
    find_setlists,
    lines_of_markers,
    merge_setlists,
    parse_setlist,
    read_markers,
    read_titles,
)
from utawaku.models.setlist.find import lines_since, section_start_s
from utawaku.services.downloader.info import started_at_of
from utawaku.services.sources.sponsorblock import SponsorSegment, chapters, off_topic
from utawaku.workflows.recordings import part_starts_s
from utawaku.workflows.site_parts import chat_of_parts
from utawaku.workflows.sources import holodex_of, sponsorblock_of

HOLODEX_TRUST = 0.85
"""As of a good list in a pinned comment: its editors take the songs from those. Not measured."""
SPONSORBLOCK = "sponsorblock"
SPONSORBLOCK_TRUST = 2 / 3
"""Of the trust in the uploader's own chapters: anybody may name them. Not measured."""

BELIEVED = "merged"
"""Source of the list that holds what was believed of all the others."""


@dataclass(frozen=True)
class Writings:
    """Everything that people wrote about a stream, as far as it can be read."""

    info: dict[str, Any]
    """The page's info, with its comments."""
    chat: tuple[ChatMessage, ...] = ()
    warnings: tuple[str, ...] = ()
    """Extras that could not be read, and why; the stream goes on."""
    holodex: tuple[SetlistLine, ...] = ()
    """Songs with start and stop, as Holodex' editors noted them."""
    marked: tuple[SponsorSegment, ...] = ()
    """Spans and chapters, as viewers marked them at SponsorBlock."""
    part_starts_s: tuple[float, ...] = ()
    """Start of each part of the recording, in seconds; empty for a recording in one file."""


def writings_of(stream: Stream, settings: Settings) -> Writings:
    """Read what was fetched along with the recording; what is unreadable becomes a warning."""
    folder = settings.stream_dir(stream.id)
    warnings: list[str] = []
    info = _page_in(folder, warnings)
    songs, further = holodex_of(stream, settings)
    known = {row.get("id") for row in info["comments"]}
    info["comments"] += [row for row in further if row["id"] not in known]
    chat = tuple(_chat_in(folder, stream, warnings, info))
    marked = tuple(sponsorblock_of(stream, settings))
    starts_s = part_starts_s(stream, settings)
    return Writings(info, chat, tuple(warnings), songs, marked, starts_s)


def find_stream_setlists(stream: Stream, settings: Settings) -> list[Setlist]:
    """Setlists in what was fetched along with the recording, best first."""
    return setlists_in(writings_of(stream, settings), stream)


def setlists_in(
    writings: Writings, stream: Stream, known_artists: Collection[str] = ()
) -> list[Setlist]:
    """Setlists in what people wrote, best first."""
    found = find_setlists(
        writings.info,
        live_chat=writings.chat,
        duration_s=stream.duration_s or None,
        known_artists=known_artists,
        part_starts_s=writings.part_starts_s,
    )
    end_s = stream.duration_s or math.inf
    noted = lines_since(writings.holodex, section_start_s(writings.info))
    lines = tuple(line for line in noted if line.start_s < end_s)
    if lines:
        found.append(Setlist(lines, "holodex", HOLODEX_TRUST, "Holodex"))
    found += _named_by_viewers(writings, stream, known_artists)
    return sorted(found, key=lambda setlist: -setlist.score)


def ordered_lists(stream: Stream, catalogue: Catalogue, settings: Settings) -> list[OrderedList]:
    """Lists without times in the description and the comments, the channel's own first."""
    page = _page_in(settings.stream_dir(stream.id), [])
    return find_ordered(page, catalogue.songs.artists())


def read_users_list(
    text: str,
    songs: Sequence[Song],
    *,
    known_artists: Collection[str] = (),
    part_starts_s: Sequence[float] = (),
) -> list[SetlistLine]:
    """Read a list that the user gave: text, or markers of another program.

    A list without times is laid on the songs, a line a song.

    Raises:
        SetlistError: it names no song, has no times and not as many lines as there are songs, or
            holds markers that cannot be read.
    """
    markers = read_markers(text, part_starts_s=part_starts_s)
    if markers is not None:
        lines = lines_of_markers(markers, known_artists=known_artists)
    else:
        lines = parse_setlist(text, known_artists=known_artists, part_starts_s=part_starts_s)
    if markers is not None or any(line.is_song for line in lines):
        return lines
    titles = read_titles(text, known_artists)
    if not titles or (len(titles) == 1 and len(songs) != 1):
        raise SetlistError(
            "no line has a time and a title", next_step="Write lines like 1:02:03 Title / Artist"
        )
    if len(titles) != len(songs):
        raise SetlistError(
            f"it has no times: {len(titles)} lines do not fit {len(songs)} songs",
            next_step="Write lines like 1:02:03 Title / Artist",
        )
    return [
        SetlistLine(song.start_s, title, artist, song.stop_s, title)
        for song, (title, artist) in zip(songs, titles, strict=True)
    ]


def _named_by_viewers(
    writings: Writings, stream: Stream, known_artists: Collection[str]
) -> list[Setlist]:
    """The chapters of SponsorBlock, read as the uploader's are."""
    named = [{"start_time": one.start_s, "title": one.title} for one in chapters(writings.marked)]
    read = find_setlists(
        {"chapters": named}, duration_s=stream.duration_s or None, known_artists=known_artists
    )
    return [
        replace(
            one,
            source=SPONSORBLOCK,
            author="SponsorBlock",
            score=round(SPONSORBLOCK_TRUST * one.score, 4),
        )
        for one in read
    ]


def marked_spans(writings: Writings) -> list[Setlist]:
    """The spans without a song that viewers marked, as a list to look at; empty without any.

    Each line is named by its category. It is no list of songs, and is not weighed as one.
    """
    lines = tuple(
        SetlistLine(one.start_s, one.category, stop_s=one.stop_s, is_song=False)
        for one in off_topic(writings.marked)
    )
    return [Setlist(lines, SPONSORBLOCK, 0.0, "SponsorBlock")] if lines else []


def best_setlist(
    stream: Stream,
    catalogue: Catalogue,
    settings: Settings,
    *,
    found: list[Setlist] | None = None,
) -> Setlist | None:
    """Return what the user gave, else the merged setlist of the page; None where nobody left one.

    `found` spares reading the page again where it was read just now.
    """
    users = catalogue.setlists.of_stream(stream.id, source="user")
    if users:
        return users[0]
    if found is None:
        found = setlists_in(writings_of(stream, settings), stream, catalogue.songs.artists())
    return merge_setlists(found)


def chat_of(stream: Stream, settings: Settings) -> list[ChatMessage]:
    """Read the chat of a stream; empty where there is none, or none that can be read."""
    folder = settings.stream_dir(stream.id)
    info = _read_json(folder / "info.json", dict, []) or {}
    return _chat_in(folder, stream, [], info)


def believed_setlist(stream: Stream, catalogue: Catalogue, settings: Settings) -> Setlist | None:
    """Return what the user gave, else what was believed of the page's lists when the songs were
    cut.

    Songs that an older version cut have no such list: then the merged one of the page counts.
    """
    for source in ("user", BELIEVED):
        kept = catalogue.setlists.of_stream(stream.id, source=source)
        if kept:
            return kept[0]
    return best_setlist(stream, catalogue, settings)


def told_offsets(setlist: Setlist) -> list[str]:
    """One sentence for each offset by which a believed list was shifted."""
    offsets = {
        (row["from"][0]["author"] or row["from"][0]["source"], row["offset_s"])
        for row in setlist.evidence.get("lines", ())
        if row.get("offset_s")
    }
    return [
        f"the list of {author} is {abs(offset_s):.0f} s {'late' if offset_s > 0 else 'early'}: "
        "its times were shifted to what is heard"
        for author, offset_s in sorted(offsets)
    ]


def _page_in(folder: Path, warnings: list[str]) -> dict[str, Any]:
    """Read the page's info with its comments; rows of an unknown form are left out."""
    info = _read_json(folder / "info.json", dict, warnings) or {}
    comments = _read_json(folder / "comments.json", list, warnings)
    if comments:
        info = {**info, "comments": comments}
    for name in ("comments", "chapters"):
        listed = info.get(name)
        rows = listed if isinstance(listed, list) else []
        info[name] = [row for row in rows if isinstance(row, dict)]
    return info


def _chat_in(
    folder: Path, stream: Stream, warnings: list[str], info: Mapping[str, Any]
) -> list[ChatMessage]:
    """Read the chat in a folder; it is of the page's whole video, the recording begins later."""
    since_s = section_start_s(info)
    length_s = stream.duration_s + since_s if stream.duration_s else None
    chats = [path for path in sorted(folder.glob("live_chat.*")) if path.suffix != ".part"]
    try:
        if chats:
            messages = read_chat(chats[0], length_s=length_s, started_at=started_at_of(info))
        else:
            messages = chat_of_parts(folder)
    except SetlistError as error:
        warnings.append(str(error))
        return []
    if not since_s:
        return messages
    return [replace(one, offset_s=one.offset_s - since_s) for one in messages]


def _read_json(path: Path, kind: type, warnings: list[str]) -> Any:
    """Return the JSON value of a file; None where there is none, or none of this kind."""
    try:
        text = path.read_text("utf-8", "replace")
    except FileNotFoundError:  # a page without comments has no such file
        return None
    except OSError as error:
        warnings.append(f"{path}: cannot be read ({error.strerror})")
        return None
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        warnings.append(f"{path}: is damaged. `utawaku ingest --again recordings` writes it again")
        return None
    if not isinstance(content, kind):
        warnings.append(f"{path}: does not hold what its name says, and is left out")
        return None
    return content
