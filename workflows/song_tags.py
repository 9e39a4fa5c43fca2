"""Tags of song files and the catalogue, kept in step both ways.

What beets, Picard or a player changed in a file since utawaku wrote it is the user's edit. Title,
artist, singer and stars go into the catalogue; other fields are kept beside it and written again.
Everything else in the file follows the catalogue.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from enum import Enum
from pathlib import Path
from typing import Any

from mutagen.id3 import TCON

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import TagError
from utawaku.library.links import at_time
from utawaku.library.records import Song, Stream
from utawaku.library.store.song_files import SongFile, TagValue
from utawaku.library.tags import SongTags, clean_tags, read_tags, write_tags
from utawaku.workflows.ingest import is_address
from utawaku.workflows.sources import recording_id

SONG_ID_TAG = "SONG"
"""Tag `UTAWAKU_SONG`: whose file this is, also when the catalogue was not told in time."""
UNKNOWN_TITLE = "Unknown"
MEASURED = ("replaygain_gain_db", "replaygain_peak", "bpm", "key")
"""Fields that are of a file's sound and not of the song."""
MADE_HERE = ("taste", "heard_tags")
"""Fields that no other program edits: a change of them is written over."""
TASTE_STEP = 0.05
"""Of scores in files: a new model moves most scores a little, and no file for that."""
_GENRES = {genre.casefold().replace("-", "").replace(" ", ""): genre for genre in TCON.GENRES}
_TEXT_FIELDS = {f.name for f in fields(SongTags) if f.type == str | None}


class Outcome(Enum):
    """The changes that brought a file and the catalogue in step."""

    UNCHANGED = "unchanged"
    WRITTEN = "written"
    TAKEN_OVER = "taken over"
    """Something in the file was the user's edit."""


def tags_for(
    song: Song,
    stream: Stream,
    n_tracks: int,
    catalogue: Catalogue,
    *,
    artist: str = "original",
    album: str = "title",
    heard: bool = False,
) -> SongTags:
    """Return the tags that the song's file is to carry.

    Args:
        n_tracks: songs of the stream.
        artist: the setting `tags.artist`.
        album: the setting `tags.album`.
        heard: the setting `tags.heard`; without it these tags are taken out of the file.
    """
    label = catalogue.labels.applied(song.id)
    gain_db = None if song.loudness_lufs is None else -18.0 - song.loudness_lufs
    peak = None if song.true_peak_db is None else 10 ** (song.true_peak_db / 20)
    singer = song.singer or stream.channel
    tags = SongTags(
        title=song.title or f"{UNKNOWN_TITLE} {song.position + 1:02}",
        artist=singer if artist == "singer" else song.artist or singer,
        original_artist=song.artist,
        performer=singer,
        album=f"{stream.uploaded_on} {stream.title}".strip() if album == "dated" else stream.title,
        album_artist=stream.channel,
        date=stream.uploaded_on,
        track=song.position + 1,
        n_tracks=n_tracks,
        genre=next((genre for tag in song.tags if (genre := genre_of(tag))), None),
        bpm=None if song.bpm is None else round(song.bpm),
        key=short_key(song.key) or None,
        source_url=address_of(stream, song.start_s, addresses_in(stream, catalogue)),
        replaygain_gain_db=gain_db,
        replaygain_peak=peak,
        stars=song.stars or 0,
        isrc=label.isrc if label and label.isrc else None,
        # It is the original's: a file whose ARTIST is who sings here does not carry it.
        musicbrainz_id=recording_id(label.evidence) or None
        if label and artist == "original"
        else None,
        taste=_taste_text(song.taste) if heard else "",
        heard_tags="; ".join(song.tags) if heard else "",
        extra={SONG_ID_TAG: song.id},
    )
    edits: dict[str, Any] = dict(catalogue.song_files.of(song.id).edits)
    return replace(tags, **edits)


Addresses = Sequence[tuple[float, str]]
"""Start in seconds and address of each part of a stream; empty for one that has no parts."""


def address_of(stream: Stream, at_s: float, parts: Addresses = ()) -> str | None:
    """Return the address that plays the stream from `at_s`, of the right part; None for a file.

    A path of this machine is nobody else's business once the song is shared.
    """
    begins_s, address = max(
        (one for one in parts if one[0] <= at_s + 1e-3), default=(0.0, stream.url)
    )
    return at_time(address, at_s - begins_s) if is_address(address) else None


def addresses_in(stream: Stream, catalogue: Catalogue) -> Addresses:
    """Return the addresses of a stream's parts, as noted when the recording was taken in."""
    state = catalogue.assets.of(stream.id).get("recordings")
    rows = state.metadata.get("parts") if state is not None else None
    return [(float(start_s), str(url)) for start_s, url in rows or ()]


def _taste_text(score: float | None) -> str:
    return "" if score is None else f"{round(score / TASTE_STEP) * TASTE_STEP:.2f}"


def genre_of(tag: str) -> str:
    """Return a tag as ID3's list of genres spells it, empty where it names none."""
    return _GENRES.get(tag.casefold().replace("-", "").replace(" ", ""), "")


def short_key(name: str) -> str:
    """Return a key as ID3 (TKEY) spells it: `F#m` of `F# minor`."""
    tonic, _, mode = name.partition(" ")
    return tonic + "m" * (mode == "minor")


def bring_in_step(
    song: Song,
    stream: Stream,
    n_tracks: int,
    catalogue: Catalogue,
    settings: Settings,
    cover: bytes | None = None,
) -> Outcome:
    """Take the user's edits out of a song's file, then write what the catalogue has into it.

    Args:
        n_tracks: songs of the stream.
        cover: front cover to write where anything is written.

    Raises:
        TagError: the file has no tags that can be used.
        OSError: it is not there.
    """
    path = settings.library_root / song.file_path
    known = catalogue.song_files.of(song.id)
    chosen: Any = settings.tags.model_dump(include={"artist", "album", "heard"})
    wanted = clean_tags(tags_for(song, stream, n_tracks, catalogue, **chosen))
    if _state(path) == (known.modified_ns, known.size_bytes) and _agree_all(wanted, known.written):
        return Outcome.UNCHANGED
    found = _plain(read_tags(path))
    edits = _edits(known, found, wanted, song)
    if edits:
        kept = dict(known.edits) | _take_over(edits, song, catalogue, artist=chosen["artist"])
        catalogue.song_files.put(song.id, replace(known, edits=kept))
        song = catalogue.songs.get(song.id)
        wanted = clean_tags(tags_for(song, stream, n_tracks, catalogue, **chosen))
    outcome = Outcome.TAKEN_OVER if edits else Outcome.UNCHANGED
    if edits or not tags_are_true(path, wanted):  # an edit of one form of a field is in it alone
        found = _plain(write_tags(path, wanted, cover))
        outcome = Outcome.TAKEN_OVER if edits else Outcome.WRITTEN
    modified_ns, size_bytes = _state(path)
    kept = dict(catalogue.song_files.of(song.id).edits)
    catalogue.song_files.put(song.id, SongFile(found, kept, modified_ns, size_bytes))
    return outcome


def tags_are_true(path: Path, tags: SongTags) -> bool:
    """Return whether the file says what the catalogue says."""
    try:
        found = read_tags(path)
    except (TagError, OSError):
        return False
    wanted = clean_tags(tags)
    return _agree_all(wanted, _plain(found)) and wanted.extra.items() <= found.extra.items()


def _state(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size


def _plain(tags: SongTags) -> dict[str, TagValue]:
    """The fields with a value."""
    values = {f.name: getattr(tags, f.name) for f in fields(SongTags) if f.name != "extra"}
    return {name: value for name, value in values.items() if value is not None}


def _agree_all(wanted: SongTags, found: Mapping[str, TagValue]) -> bool:
    names = (f.name for f in fields(SongTags) if f.name != "extra")
    return all(_agree(getattr(wanted, name), found.get(name)) for name in names)


def _agree(wanted: TagValue, found: TagValue) -> bool:
    """Return whether a tag reads as it should; what is not wanted may be anything (the user's
    own).
    """
    if wanted is None:
        return True
    if isinstance(wanted, float):
        # Opus has no place for the peak, and its gain counts in 1/256 dB.
        return found is None or (isinstance(found, float) and abs(found - wanted) < 0.01)
    return wanted == (found or type(wanted)())  # files have no place for an empty text or 0 stars


def _edits(
    known: SongFile, found: Mapping[str, TagValue], wanted: SongTags, song: Song
) -> dict[str, TagValue]:
    """Fields that differ from what was written last and from what is wanted now."""
    if not known.written:
        # Written before utawaku kept account: only stars that the catalogue lacks are certain.
        stars = found.get("stars")
        return {"stars": stars} if stars and song.stars is None else {}
    if not any(found.get(name) for name in known.written):
        return {}  # without any tag it is a file that was made anew, by a cut or a conversion
    return {
        name: found.get(name)
        for name in sorted({*known.written, *found}.difference(MADE_HERE))
        if found.get(name) != known.written.get(name)
        and not _is_wanted(getattr(wanted, name), found.get(name))
        and not _is_newer_here(name, getattr(wanted, name), known.written.get(name), song)
    }


def _is_wanted(wanted: TagValue, found: TagValue) -> bool:
    return wanted is not None and _agree(wanted, found)


def _is_newer_here(name: str, wanted: TagValue, written: TagValue, song: Song) -> bool:
    """Return whether the user changed the field in utawaku too since the file was written."""
    by_user = name in ("stars", "performer") or (
        name in ("title", "artist", "original_artist") and song.label_source == "user"
    )
    return by_user and not _agree(wanted, written)


def _take_over(
    edits: Mapping[str, TagValue], song: Song, catalogue: Catalogue, *, artist: str
) -> dict[str, TagValue]:
    """Make edits of a file the user's own in the catalogue; returns those it has no place for."""
    rest = dict(edits)
    names: dict[str, str] = {}
    places = {"title": "title", "original_artist": "artist", "performer": "singer"}
    places["artist"] = "singer" if artist == "singer" else "artist"
    for name, place in places.items():
        if name in rest:
            text = rest.pop(name)
            names.setdefault(place, str(text or ""))
    if "title" in names and not names["title"]:
        del names["title"]  # a song keeps its title
    if names:
        catalogue.edits.rename({song.id: names})
    if "stars" in rest:
        stars = rest.pop("stars")
        if stars:
            catalogue.grades.give(song.id, stars=int(stars), context={"where": "file"})
        else:
            catalogue.grades.take_stars_off(song.id, context={"where": "file"})
    rest.pop("grade", None)
    return {name: _or_removed(name, value) for name, value in rest.items()}


def _or_removed(name: str, value: TagValue) -> TagValue:
    """The value, or what removes the field."""
    if value is not None:
        return value
    return "" if name in _TEXT_FIELDS else 0
