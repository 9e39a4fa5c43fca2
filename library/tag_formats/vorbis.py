"""Vorbis comments: FLAC, Opus and Ogg Vorbis."""

import base64
from pathlib import Path
from typing import Any

from mutagen.flac import FLAC, Picture
from mutagen.oggopus import OggOpus

from utawaku.library.tag_formats.names import (
    EXTRA_PREFIX,
    FIELD_NAMES,
    FMPS_RATING,
    OTHER_NAMES,
    OWN_NAMES,
    WRITTEN_STARS,
)
from utawaku.library.tag_formats.ogg_headers import save_ogg
from utawaku.library.tag_formats.ratings import share_text, stars_of_share, stars_of_text
from utawaku.library.tag_formats.store import FRONT_COVER, TagStore, is_int

R128_REFERENCE_OFFSET_DB = 5.0
"""ReplayGain 2.0 aims at -18 LUFS, R128_TRACK_GAIN at -23 LUFS."""


class VorbisStore(TagStore):
    """Tags of Ogg and FLAC files: Vorbis comments."""

    def __init__(self, file: Any) -> None:
        super().__init__(file)
        self._is_opus = isinstance(file, OggOpus)
        self.has_peak = not self._is_opus

    def get(self, name: str) -> str:
        """Return the text of a tag, empty where there is none."""
        if name == "stars":
            return self._stars([self._rating(key) for key in self._rating_keys()])
        if self._is_opus and name == "replaygain_peak":
            return ""
        if self._is_opus and name == "replaygain_gain_db":
            text = self._first("R128_TRACK_GAIN")
            if is_int(text):
                return str(int(text) / 256 + R128_REFERENCE_OFFSET_DB)
        if name in ("track", "n_tracks"):
            own, _, total = self._first("TRACKNUMBER").partition("/")
            return own.strip() if name == "track" else self._named(name) or total.strip()
        return self._named(name)

    def _named(self, name: str) -> str:
        keys = (FIELD_NAMES.get(name, name), *OTHER_NAMES.get(name, ()))
        return next((text for key in keys if (text := self._first(key))), "")

    def _first(self, key: str) -> str:
        return str((self.file.tags.get(key) or [""])[0])

    def _rating_keys(self) -> list[str]:
        """Names of all ratings: RATING, also with whose it is, and FMPS_RATING."""
        names = {key.upper() for key in self.file.tags.keys()}  # noqa: SIM118 (not a mapping)
        return sorted(n for n in names if n.partition(":")[0] in ("RATING", FMPS_RATING))

    def _rating(self, key: str) -> int:
        read = stars_of_share if key.startswith(FMPS_RATING) else stars_of_text
        return read(self._first(key))

    def set(self, name: str, text: str) -> None:
        """Set a tag; an empty text removes it."""
        if name == "stars":
            self._set_stars(text)
            return
        if self._is_opus and name == "replaygain_peak":
            return
        key = FIELD_NAMES.get(name, name)
        if self._is_opus and name == "replaygain_gain_db":
            key = "R128_TRACK_GAIN"
            text = text and _q7_8(float(text) - R128_REFERENCE_OFFSET_DB)
        elif name == "replaygain_gain_db":
            text = text and f"{text} dB"
        elif name == "track":
            # A total behind a slash is kept as a tag of its own.
            self._put("TRACKTOTAL", self.get("n_tracks"))
        self._put(key, text)
        for other in OTHER_NAMES.get(name, ()):
            if name == "n_tracks" or other in self.file.tags:  # readers know the one or the other
                self._put(other, text)

    def _set_stars(self, text: str) -> None:
        for key in {"RATING", FMPS_RATING, *self._rating_keys()}:
            # Quod Libet keeps a share behind its owner's name.
            as_share = key == FMPS_RATING or ":" in key
            value = share_text(int(text)) if text and as_share else text and str(int(text) * 20)
            self._put(key, value)
        self._put(WRITTEN_STARS, text)

    def _put(self, key: str, text: str) -> None:
        if text:
            self.file.tags[key] = [text]
        elif key in self.file.tags:
            del self.file.tags[key]

    def save(self, source: Path, target: Path) -> None:
        """Write `source` with these tags into `target`. Raises mutagen.MutagenError."""
        if isinstance(self.file, FLAC):
            super().save(source, target)
        else:
            save_ogg(self.file, source, target)

    def extra_names(self) -> list[str]:
        """Return the names of the free tags that utawaku wrote, with its prefix."""
        names = {key.upper() for key in self.file.tags.keys()}  # noqa: SIM118 (not a mapping)
        return sorted(n for n in names if n.startswith(EXTRA_PREFIX) and n not in OWN_NAMES)

    def _pictures(self) -> list[Picture]:
        if isinstance(self.file, FLAC):
            return list(self.file.pictures)
        blocks = self.file.tags.get("METADATA_BLOCK_PICTURE", [])
        return [Picture(base64.b64decode(block)) for block in blocks]

    def get_cover(self) -> bytes:
        """Return the front cover, empty where there is none."""
        return next((p.data for p in self._pictures() if p.type == FRONT_COVER), b"")

    def set_cover(self, picture: bytes) -> None:
        """Set the front cover; empty bytes remove it."""
        others = [p for p in self._pictures() if p.type != FRONT_COVER]
        covers = []
        if picture:
            cover = Picture()
            cover.type, cover.mime, cover.data = FRONT_COVER, "image/jpeg", picture
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


def _q7_8(gain_db: float) -> str:
    return str(max(-32_768, min(32_767, round(gain_db * 256))))
