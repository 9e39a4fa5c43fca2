"""Where each file format keeps each tag.

ID3v2.4 for MP3 and WAV, Vorbis comments for FLAC, Opus and Ogg, iTunes atoms for M4A and MP4.
Loudness: ReplayGain 2.0 tags everywhere but in Opus, which has R128_TRACK_GAIN (RFC 7845, 5.2.1:
a fixed-point number, relative to -23 LUFS) and no place for a peak.
"""

import base64
import re
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

import mutagen
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, COMM, POPM, TXXX, USLT, WOAS, Frames
from mutagen.mp3 import MP3
from mutagen.mp4 import MP4, MP4Cover
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

from utawaku.library.errors import TagError

R128_REFERENCE_OFFSET_DB = 5.0
"""ReplayGain 2.0 aims at -18 LUFS, R128_TRACK_GAIN at -23 LUFS."""

_FRONT_COVER = 3
_STAR_RATINGS = {1: 1, 2: 64, 3: 128, 4: 196, 5: 255}
_POPM_OWNER = "utawaku"

EXTRA_PREFIX = "UTAWAKU_"
FIELD_NAMES = {
    "performer": "PERFORMER",
    "source_url": "WEBSITE",
    "isrc": "ISRC",
    "replaygain_gain_db": "REPLAYGAIN_TRACK_GAIN",
    "replaygain_peak": "REPLAYGAIN_TRACK_PEAK",
    "stars": "RATING",
    "grade": "UTAWAKU_GRADE",
    "title": "TITLE",
    "artist": "ARTIST",
    "album": "ALBUM",
    "album_artist": "ALBUMARTIST",
    "date": "DATE",
    "track": "TRACKNUMBER",
    "n_tracks": "TRACKTOTAL",
    "comment": "COMMENT",
    "genre": "GENRE",
    "lyrics": "LYRICS",
}


class TagStore(ABC):
    """One open file's tags, as text by field name. Empty text removes."""

    has_peak = True

    def __init__(self, file: Any) -> None:
        if file.tags is None:
            file.add_tags()
        self.file = file

    @abstractmethod
    def get(self, name: str) -> str: ...

    @abstractmethod
    def set(self, name: str, text: str) -> None: ...

    @abstractmethod
    def extra_names(self) -> list[str]:
        """Names of the free tags that utawaku wrote, with its prefix."""

    @abstractmethod
    def get_cover(self) -> bytes: ...

    @abstractmethod
    def set_cover(self, picture: bytes) -> None: ...

    def save(self, path: Path) -> None:
        self.file.save(path)


class _VorbisStore(TagStore):
    def __init__(self, file: Any) -> None:
        super().__init__(file)
        self._is_opus = isinstance(file, OggOpus)
        self.has_peak = not self._is_opus

    def get(self, name: str) -> str:
        if self._is_opus and name == "replaygain_peak":
            return ""
        if self._is_opus and name == "replaygain_gain_db":
            text = self._first("R128_TRACK_GAIN")
            return str(int(text) / 256 + R128_REFERENCE_OFFSET_DB) if is_int(text) else ""
        text = self._first(FIELD_NAMES.get(name, name))
        if name == "stars":
            return str(round(int(text) / 20)) if is_int(text) else ""
        return text

    def _first(self, key: str) -> str:
        return str((self.file.tags.get(key) or [""])[0])

    def set(self, name: str, text: str) -> None:
        key = FIELD_NAMES.get(name, name)
        if self._is_opus and name == "replaygain_peak":
            return
        if self._is_opus and name == "replaygain_gain_db":
            key = "R128_TRACK_GAIN"
            text = text and _q7_8(float(text) - R128_REFERENCE_OFFSET_DB)
        elif name == "replaygain_gain_db":
            text = text and f"{text} dB"
        elif name == "stars":
            text = text and str(int(text) * 20)
        if text:
            self.file.tags[key] = [text]
        elif key in self.file.tags:
            del self.file.tags[key]

    def extra_names(self) -> list[str]:
        names = {key.upper() for key in self.file.tags.keys()}  # noqa: SIM118 (not a mapping)
        return sorted(n for n in names if n.startswith(EXTRA_PREFIX) and n != FIELD_NAMES["grade"])

    def _pictures(self) -> list[Picture]:
        if isinstance(self.file, FLAC):
            return list(self.file.pictures)
        blocks = self.file.tags.get("METADATA_BLOCK_PICTURE", [])
        return [Picture(base64.b64decode(block)) for block in blocks]

    def get_cover(self) -> bytes:
        return next((p.data for p in self._pictures() if p.type == _FRONT_COVER), b"")

    def set_cover(self, picture: bytes) -> None:
        others = [p for p in self._pictures() if p.type != _FRONT_COVER]
        covers = []
        if picture:
            cover = Picture()
            cover.type, cover.mime, cover.data = _FRONT_COVER, "image/jpeg", picture
            covers = [cover]
        if isinstance(self.file, FLAC):
            self.file.clear_pictures()
            for each in covers + others:
                self.file.add_picture(each)
            return
        blocks = [base64.b64encode(each.write()).decode("ascii") for each in covers + others]
        if blocks:
            self.file.tags["METADATA_BLOCK_PICTURE"] = blocks
        elif "METADATA_BLOCK_PICTURE" in self.file.tags:
            del self.file.tags["METADATA_BLOCK_PICTURE"]


class _Id3Store(TagStore):
    _FRAMES: ClassVar = {
        "title": "TIT2",
        "artist": "TPE1",
        "album": "TALB",
        "album_artist": "TPE2",
        "date": "TDRC",
        "genre": "TCON",
        "isrc": "TSRC",
    }

    @property
    def _tags(self) -> Any:
        return self.file.tags

    def get(self, name: str) -> str:
        if name in self._FRAMES:
            return self._text(self._FRAMES[name])
        if name in ("track", "n_tracks"):
            parts = [*self._text("TRCK").split("/"), ""]
            return parts[name == "n_tracks"]
        if name == "source_url":
            return next((str(frame.url) for frame in self._tags.getall("WOAS")), "")
        if name in ("comment", "lyrics"):
            frames = self._tags.getall("COMM" if name == "comment" else "USLT")
            texts = [
                f.text if name == "lyrics" else "\n".join(f.text) for f in frames if not f.desc
            ]
            return next(iter(texts), "")
        if name == "stars":
            rating = next((f.rating for f in self._tags.getall("POPM") if _is_ours(f)), 0)
            return str(next((s for s, r in _STAR_RATINGS.items() if r >= rating), 5)) * bool(rating)
        return self._text(f"TXXX:{FIELD_NAMES.get(name, name)}")

    def _text(self, key: str) -> str:
        frame = self._tags.get(key)
        return str(frame.text[0]) if frame and frame.text else ""

    def set(self, name: str, text: str) -> None:
        if name in self._FRAMES:
            self._put(self._FRAMES[name], text)
        elif name in ("track", "n_tracks"):
            track = text if name == "track" else self.get("track")
            total = text if name == "n_tracks" else self.get("n_tracks")
            self._put("TRCK", f"{track}/{total}" if total else track)
        elif name == "source_url":
            self._tags.delall("WOAS")
            if text:
                self._tags.add(WOAS(url=text))
        elif name in ("comment", "lyrics"):
            kind = COMM if name == "comment" else USLT
            for frame in self._tags.getall(kind.__name__):
                if not frame.desc:
                    del self._tags[frame.HashKey]
            if text:
                self._tags.add(kind(encoding=3, lang="XXX", desc="", text=text))
        elif name == "stars":
            self._tags.delall(f"POPM:{_POPM_OWNER}")
            if text:
                rating = _STAR_RATINGS[int(text)]
                self._tags.add(POPM(email=_POPM_OWNER, rating=rating, count=0))
        else:
            key = FIELD_NAMES.get(name, name)
            self._tags.delall(f"TXXX:{key}")
            if text:
                text = f"{text} dB" if name == "replaygain_gain_db" else text
                self._tags.add(TXXX(encoding=3, desc=key, text=[text]))

    def _put(self, frame: str, text: str) -> None:
        self._tags.delall(frame)
        if text:
            self._tags.add(Frames[frame](encoding=3, text=[text]))

    def extra_names(self) -> list[str]:
        names = {frame.desc for frame in self._tags.getall("TXXX")}
        return sorted(n for n in names if n.startswith(EXTRA_PREFIX) and n != FIELD_NAMES["grade"])

    def get_cover(self) -> bytes:
        pictures = self._tags.getall("APIC")
        return next((bytes(p.data) for p in pictures if p.type == _FRONT_COVER), b"")

    def set_cover(self, picture: bytes) -> None:
        for frame in self._tags.getall("APIC"):
            if frame.type == _FRONT_COVER:
                del self._tags[frame.HashKey]
        if picture:
            cover = APIC(encoding=0, mime="image/jpeg", type=_FRONT_COVER, desc="", data=picture)
            self._tags.add(cover)

    def save(self, path: Path) -> None:
        self.file.save(path, v2_version=4)


class _Mp4Store(TagStore):
    _ATOMS: ClassVar = {
        "title": "\xa9nam",
        "artist": "\xa9ART",
        "album": "\xa9alb",
        "album_artist": "aART",
        "date": "\xa9day",
        "comment": "\xa9cmt",
        "genre": "\xa9gen",
        "lyrics": "\xa9lyr",
    }
    _FREE = "----:com.apple.iTunes:"

    def get(self, name: str) -> str:
        if name in ("track", "n_tracks"):
            pair = (self.file.tags.get("trkn") or [(0, 0)])[0]
            return str(pair[name == "n_tracks"] or "")
        if name in self._ATOMS:
            return str((self.file.tags.get(self._ATOMS[name]) or [""])[0])
        values = self.file.tags.get(self._FREE + FIELD_NAMES.get(name, name)) or [b""]
        text = bytes(values[0]).decode("utf-8", "replace")
        if name == "stars":
            return str(round(int(text) / 20)) if is_int(text) else ""
        return text

    def set(self, name: str, text: str) -> None:
        tags = self.file.tags
        if name in ("track", "n_tracks"):
            track = int((text if name == "track" else self.get("track")) or 0)
            total = int((text if name == "n_tracks" else self.get("n_tracks")) or 0)
            tags["trkn"] = [(track, total)]
            if not track and not total:
                del tags["trkn"]
            return
        key = self._ATOMS.get(name) or self._FREE + FIELD_NAMES.get(name, name)
        if not text:
            tags.pop(key, None)
        elif name in self._ATOMS:
            tags[key] = [text]
        else:
            if name == "replaygain_gain_db":
                text = f"{text} dB"
            if name == "stars":
                text = str(int(text) * 20)
            tags[key] = [text.encode()]

    def extra_names(self) -> list[str]:
        names = [key.removeprefix(self._FREE) for key in self.file.tags if key.startswith("----")]
        return sorted(n for n in names if n.startswith(EXTRA_PREFIX) and n != FIELD_NAMES["grade"])

    def get_cover(self) -> bytes:
        return bytes((self.file.tags.get("covr") or [b""])[0])

    def set_cover(self, picture: bytes) -> None:
        others = (self.file.tags.get("covr") or [])[1:]
        covers = [MP4Cover(picture, MP4Cover.FORMAT_JPEG)] if picture else []
        if covers or others:
            self.file.tags["covr"] = covers + others
        else:
            self.file.tags.pop("covr", None)


_STORES: list[tuple[tuple[type, ...], type[TagStore]]] = [
    ((FLAC, OggOpus, OggVorbis), _VorbisStore),
    ((MP3, WAVE), _Id3Store),
    ((MP4,), _Mp4Store),
]


def open_tags(path: Path) -> TagStore:
    """Open the tags of a song file. Raises TagError where it has none that can be used."""
    try:
        file = mutagen.File(path)
        for kinds, store in _STORES:
            if isinstance(file, kinds):
                return store(file)
    except mutagen.MutagenError as error:
        raise unusable(path, str(error)) from error
    raise unusable(path, "no format with tags that utawaku knows")


def unusable(path: Path, why: str) -> TagError:
    """The error for a file whose tags cannot be used."""
    return TagError(
        f"the tags cannot be read or written ({why})",
        subject=str(path),
        next_step="Use an mp3, m4a, mp4, opus, ogg, flac or wav file that plays",
    )


def _is_ours(frame: Any) -> bool:
    return bool(frame.email == _POPM_OWNER)


def is_int(text: str) -> bool:
    """Whether `text` is a whole number of sane length."""
    return re.fullmatch(r"[+-]?\d{1,9}", text) is not None


def _q7_8(gain_db: float) -> str:
    return str(max(-32_768, min(32_767, round(gain_db * 256))))
