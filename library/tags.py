"""Tags of song files: one set of fields, written into each format as its own players expect.

`utawaku.library.tag_formats` knows where each format keeps each field.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import quote

import mutagen

from utawaku.library.artwork import prepare_cover
from utawaku.library.errors import TagError
from utawaku.library.files import atomic_path
from utawaku.library.tag_formats import (
    EXTRA_PREFIX,
    FIELD_NAMES,
    OWN_NAMES,
    TagStore,
    open_tags,
    unusable,
)
from utawaku.library.text import clean_line, clean_text

_REMOVED_BY_ZERO = ("stars", "track", "n_tracks", "bpm")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MAX_LINE = 2_000
MAX_TEXT = 100_000


@dataclass(frozen=True, slots=True)
class SongTags:
    """Tags of a song file. None keeps what the file has, empty text removes it."""

    title: str | None = None
    artist: str | None = None
    """The artist that players show: the original artist or the singer, as `tags.artist` says."""
    original_artist: str | None = None
    """The original artist."""
    performer: str | None = None
    """The singer here."""
    album: str | None = None
    """The stream's title."""
    album_artist: str | None = None
    date: str | None = None
    """`YYYY`, `YYYY-MM` or `YYYY-MM-DD`."""
    track: int | None = None
    n_tracks: int | None = None
    source_url: str | None = None
    """Address of the stream, at the song's start."""
    comment: str | None = None
    genre: str | None = None
    isrc: str | None = None
    musicbrainz_id: str | None = None
    """Of the recording on MusicBrainz."""
    lyrics: str | None = None
    bpm: int | None = None
    """Beats a minute; 0 removes it."""
    key: str | None = None
    """As ID3 spells it: `C`, `F#m`, `Bb`."""
    replaygain_gain_db: float | None = None
    replaygain_peak: float | None = None
    """Factor of full scale. Opus cannot hold it."""
    stars: int | None = None
    """1 to 5; 0 removes them."""
    grade: int | None = None
    """-1, 0 or +1."""
    taste: str | None = None
    """Taste score, `0.00` to `1.00`."""
    heard_tags: str | None = None
    """Tags of what the song sounds like, joined by `; `."""
    extra: Mapping[str, str] = field(default_factory=dict)
    """Further tags by name, without the prefix `UTAWAKU_` that they have in files; names are upper
    case ASCII. When read: those that utawaku wrote."""


def read_tags(path: Path) -> SongTags:
    """Return the tags of a file; fields that it lacks are None. Raises TagError."""
    return _read(open_tags(path))


def _read(store: TagStore) -> SongTags:
    values: dict[str, object] = {}
    for name in FIELD_NAMES:
        text = store.get(name)
        kind = SongTags.__annotations__[name]
        if kind == int | None:
            number = _leading_number(text)
            values[name] = None if number is None else round(number)
        elif kind == float | None:
            values[name] = _leading_number(text)
        else:
            values[name] = text or None
    # Names that begin with the prefix twice were written by 0.1; the present form comes last.
    names = sorted(store.extra_names(), key=lambda name: not name.startswith(EXTRA_PREFIX * 2))
    values["extra"] = {_extra_name(name): store.get(name) for name in names}
    return SongTags(**values)  # type: ignore[arg-type]


def _extra_name(name: str) -> str:
    while name.startswith(EXTRA_PREFIX):
        name = name.removeprefix(EXTRA_PREFIX)
    return name


def read_cover(path: Path) -> bytes:
    """Return the front cover's picture file, empty where there is none. Raises TagError."""
    return open_tags(path).get_cover()


def clean_tags(tags: SongTags) -> SongTags:
    """Return `tags` as they will be written, and read back: no hostile text, values in range.

    Control, escape, bidirectional and invisible characters go, lines are joined except in comment
    and lyrics, dates that are none and numbers out of range are dropped, URLs are percent-encoded.
    """
    values: dict[str, object] = {}
    for each in fields(SongTags):
        value = getattr(tags, each.name)
        if each.name == "extra":
            values["extra"] = _clean_extra(tags.extra)
        elif value is None or each.name not in FIELD_NAMES:
            values[each.name] = value
        elif isinstance(value, str):
            values[each.name] = _clean_field(each.name, value)
        else:
            values[each.name] = _clean_number(each.name, value)
    return SongTags(**values)  # type: ignore[arg-type]


def _clean_field(name: str, text: str) -> str:
    if name in ("comment", "lyrics"):
        lines = clean_text(text, keep_lines=True)[:MAX_TEXT].split("\n")
        return "\n".join(line.rstrip() for line in lines).strip("\n ")
    text = clean_line(text)[:MAX_LINE].strip()
    if name == "date":
        match = re.match(r"(\d{4})(?:-?(0[1-9]|1[0-2])(?:-?([0-2]\d|3[01]))?)?(?!\d)", text)
        return "-".join(part for part in match.groups() if part) if match else ""
    if name == "genre":
        # ID3 takes numbers and "(17)" for places in a list: a genre called 0 would show as Blues.
        text = text.lstrip("( ")
        return "" if text.isdigit() or text in ("RX", "CR") else text
    if name == "musicbrainz_id":
        return text.lower() if _UUID.fullmatch(text.lower()) else ""
    if name == "source_url":
        return quote(text, safe="%/:=&?~#+!$,;'@()*[]")
    return text


def _clean_number(name: str, value: float) -> float | None:
    limits = {
        "track": (0, 65_535),
        "n_tracks": (0, 65_535),
        "stars": (0, 5),
        "grade": (-1, 1),
        "bpm": (0, 999),
        "replaygain_gain_db": (-90.0, 90.0),
        "replaygain_peak": (0.0, 100.0),
    }
    low, high = limits[name]
    return value if low <= value <= high else None


def _clean_extra(extra: Mapping[str, str]) -> dict[str, str]:
    cleaned = {}
    for name, text in extra.items():
        key = _extra_name(re.sub(r"[^A-Z0-9_]", "_", name.upper())[:64])
        if key and EXTRA_PREFIX + key not in OWN_NAMES:
            cleaned[key] = clean_line(text)[:MAX_LINE].strip()
    return cleaned


def write_tags(path: Path, tags: SongTags, cover: bytes | None = None) -> SongTags:
    """Write tags and front cover into a song file, atomically, and return what it now says.

    The tags go into a copy, the copy is read back and compared, and only then does it take the
    file's place: a crash leaves the old file. Tags that utawaku does not know are preserved.

    Args:
        tags: None in a field leaves what is there, empty text (0 stars or track) removes it.
        cover: a picture in any common format (see `prepare_cover`); None leaves what is there,
            empty bytes remove it.

    Raises:
        TagError: not a format with tags, a bad picture, or what was read back differs.
    """
    wanted = clean_tags(tags)
    picture = None if cover is None else (prepare_cover(cover) if cover else b"")
    with atomic_path(path) as temporary:
        store = open_tags(path)
        for name, text in _texts(wanted).items():
            store.set(name, text)
        if picture is not None:
            store.set_cover(picture)
        try:
            store.save(path, temporary)
        except mutagen.MutagenError as error:
            raise unusable(path, str(error)) from error
        written = open_tags(temporary)
        found = _read(written)
        _compare(path, wanted, found, has_peak=store.has_peak)
        if picture is not None and written.get_cover() != picture:
            raise TagError("the cover does not read back", subject=str(path))
    return found


def _texts(tags: SongTags) -> dict[str, str]:
    """The fields to write, as text; fields that stay as they are are left out."""
    texts: dict[str, str] = {}
    for name in FIELD_NAMES:
        value = getattr(tags, name)
        if value is None:
            continue
        if name == "replaygain_gain_db":
            texts[name] = f"{value:.2f}"
        elif name == "replaygain_peak":
            texts[name] = f"{value:.6f}"
        elif name in _REMOVED_BY_ZERO:
            texts[name] = str(value) if value else ""
        else:
            texts[name] = str(value)
    twice = {EXTRA_PREFIX * 2 + name: "" for name in tags.extra}
    return texts | twice | {EXTRA_PREFIX + name: text for name, text in tags.extra.items()}


def _compare(path: Path, wanted: SongTags, found: SongTags, *, has_peak: bool) -> None:
    for name in FIELD_NAMES:
        want, got = getattr(wanted, name), getattr(found, name)
        if want is None or (name == "replaygain_peak" and not has_peak):
            continue
        if isinstance(want, float):
            same = got is not None and abs(want - got) <= 0.01
        elif name in _REMOVED_BY_ZERO:
            same = (want or None) == got
        else:
            same = (want if want != "" else None) == got
        if not same:
            raise _mismatch(path, name, want, got)
    for name, text in wanted.extra.items():
        if found.extra.get(name, "") != text:
            raise _mismatch(path, name, text, found.extra.get(name))


def _mismatch(path: Path, name: str, want: object, got: object) -> TagError:
    return TagError(
        f"the tag {name} was written as {want!r} and read back as {got!r}",
        subject=str(path),
        next_step="This is a defect of utawaku: please report it; the file is unchanged",
    )


def _leading_number(text: str) -> float | None:
    match = re.match(r"\s*([+-]?\d+(?:\.\d+)?)", text)
    return float(match[1]) if match else None
