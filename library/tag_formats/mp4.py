"""iTunes atoms: M4A and MP4."""

from collections.abc import Sequence
from typing import ClassVar

from mutagen.mp4 import MP4Cover

from utawaku.library.tag_formats.names import (
    EXTRA_PREFIX,
    FIELD_NAMES,
    FMPS_RATING,
    OTHER_NAMES,
    OWN_NAMES,
    WRITTEN_STARS,
)
from utawaku.library.tag_formats.ratings import share_text, stars_of_share, stars_of_text
from utawaku.library.tag_formats.store import TagStore


class Mp4Store(TagStore):
    """Tags of MP4 files: atoms."""

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
    _LOWER_CASE = ("replaygain_gain_db", "replaygain_peak")
    """Most readers see these in lower case only."""
    _SPELLED: ClassVar = {"MUSICBRAINZ_TRACKID": "MusicBrainz Track Id"}
    """Names that readers know in one spelling only."""

    def get(self, name: str) -> str:
        """Return the text of a tag, empty where there is none."""
        tags = self.file.tags
        if name in ("track", "n_tracks"):
            pair = (tags.get("trkn") or [(0, 0)])[0]
            return str(pair[name == "n_tracks"] or "")
        if name == "bpm":
            return str((tags.get("tmpo") or [""])[0] or "")
        if name == "stars":
            return self._stars(
                [stars_of_text(self._value(key)) for key in self._free_keys("RATING")]
                + [stars_of_share(self._value(key)) for key in self._free_keys(FMPS_RATING)]
            )
        if name in self._ATOMS:
            keys = (self._ATOMS[name], *(["desc"] if name == "comment" else []))
            return next((str(tags[key][0]) for key in keys if tags.get(key)), "")
        names = (FIELD_NAMES.get(name, name), *OTHER_NAMES.get(name, ()))
        return next((text for key in self._free_keys(*names) if (text := self._value(key))), "")

    def _value(self, key: str) -> str:
        return bytes((self.file.tags[key] or [b""])[0]).decode("utf-8", "replace")

    def _free_keys(self, *names: str) -> list[str]:
        """Keys of free tags by name, in any case and of any program, in the order of `names`."""
        keys = [key for key in self.file.tags if key.startswith("----:")]
        return [key for name in names for key in keys if key.rpartition(":")[2].upper() == name]

    def set(self, name: str, text: str) -> None:
        """Set a tag; an empty text removes it."""
        tags = self.file.tags
        if name in ("track", "n_tracks"):
            track = int((text if name == "track" else self.get("track")) or 0)
            total = int((text if name == "n_tracks" else self.get("n_tracks")) or 0)
            tags["trkn"] = [(track, total)]
            if not track and not total:
                del tags["trkn"]
        elif name == "bpm":
            tags["tmpo"] = [int(text or 0)]
            if not text:
                del tags["tmpo"]
        elif name == "stars":
            self._set_free(["RATING"], text and str(int(text) * 20))
            self._set_free([FMPS_RATING], text and share_text(int(text)))
            self._set_free([WRITTEN_STARS], text)
        elif name in self._ATOMS:
            tags.pop(self._ATOMS[name], None)
            if text:
                tags[self._ATOMS[name]] = [text]
            if name == "comment" and "desc" in tags:
                tags.pop("desc") if not text else tags.update({"desc": [text]})
        else:
            suffix = " dB" if text and name == "replaygain_gain_db" else ""
            names = [FIELD_NAMES.get(name, name), *OTHER_NAMES.get(name, ())]
            self._set_free(names, text + suffix, lower=name in self._LOWER_CASE)

    def _set_free(self, names: Sequence[str], text: str, *, lower: bool = False) -> None:
        """Write a free tag under the first of `names` alone."""
        for key in self._free_keys(*names):
            del self.file.tags[key]
        if text:
            name = names[0].lower() if lower else self._SPELLED.get(names[0], names[0])
            self.file.tags[self._FREE + name] = [text.encode()]

    def extra_names(self) -> list[str]:
        """Return the names of the free tags that utawaku wrote, with its prefix."""
        names = [key.removeprefix(self._FREE) for key in self.file.tags if key.startswith("----")]
        return sorted(n for n in names if n.startswith(EXTRA_PREFIX) and n not in OWN_NAMES)

    def get_cover(self) -> bytes:
        """Return the front cover, empty where there is none."""
        return bytes((self.file.tags.get("covr") or [b""])[0])

    def set_cover(self, picture: bytes) -> None:
        """Set the front cover; empty bytes remove it."""
        others = (self.file.tags.get("covr") or [])[1:]
        covers = [MP4Cover(picture, MP4Cover.FORMAT_JPEG)] if picture else []
        if covers or others:
            self.file.tags["covr"] = covers + others
        else:
            self.file.tags.pop("covr", None)
