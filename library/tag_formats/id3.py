"""ID3v2.4 frames: MP3 and WAV."""

import shutil
from pathlib import Path
from typing import Any, ClassVar

from mutagen.id3 import APIC, COMM, POPM, TXXX, UFID, USLT, WOAS, Frames

from utawaku.library.tag_formats.names import (
    EXTRA_PREFIX,
    FIELD_NAMES,
    FMPS_RATING,
    OTHER_NAMES,
    OWN_NAMES,
    WRITTEN_STARS,
)
from utawaku.library.tag_formats.ratings import (
    POPM_OF_STARS,
    share_text,
    stars_of_popm,
    stars_of_share,
    stars_of_text,
)
from utawaku.library.tag_formats.store import FRONT_COVER, TagStore

_POPM_OWNER = "utawaku"
_MUSICBRAINZ = "UFID:http://musicbrainz.org"
"""Frame in which Picard, beets and others keep the id of a recording."""
_UNKNOWN_LANGUAGE = "xxx"
"""ID3 asks for upper case; Picard and others write and replace lower case."""


class Id3Store(TagStore):
    """Tags of MP3 and WAV files: ID3v2.4."""

    _FRAMES: ClassVar = {
        "title": "TIT2",
        "artist": "TPE1",
        "album": "TALB",
        "album_artist": "TPE2",
        "date": "TDRC",
        "genre": "TCON",
        "isrc": "TSRC",
        "original_artist": "TOPE",
        "bpm": "TBPM",
        "key": "TKEY",
    }

    @property
    def _tags(self) -> Any:
        return self.file.tags

    def get(self, name: str) -> str:
        """Return the text of a tag, empty where there is none."""
        if name in self._FRAMES:
            return self._text(self._FRAMES[name]) or self._free(name)
        if name in ("track", "n_tracks"):
            parts = [*self._text("TRCK").split("/"), ""]
            return parts[name == "n_tracks"] or self._free(name)
        if name == "musicbrainz_id":
            frame = self._tags.get(_MUSICBRAINZ)
            return frame.data.decode("ascii", "replace") if frame else self._free(name)
        if name == "source_url":
            return next((str(frame.url) for frame in self._tags.getall("WOAS")), "")
        if name in ("comment", "lyrics"):
            texts = (str(frame).replace("\0", "\n") for frame in self._texts(name))
            return next((text for text in texts if text), "") or self._free(name)
        if name == "stars":
            return self._stars(
                [stars_of_popm(f.rating) for f in sorted(self._tags.getall("POPM"), key=_is_ours)]
                + [stars_of_share(str(f.text[0])) for f in self._free_frames(FMPS_RATING)]
                + [stars_of_text(str(f.text[0])) for f in self._free_frames("RATING")]
            )
        return self._free(name)

    def _text(self, key: str) -> str:
        frame = self._tags.get(key)
        return str(frame.text[0]) if frame and frame.text else ""

    def _texts(self, name: str) -> list[Any]:
        """COMM or USLT frames of any language, the one that counts first.

        A comment with a description is a program's own note. utawaku names no language: a frame
        that names one beside it is the newer work of another program.
        """
        if name == "comment":
            frames = [frame for frame in self._tags.getall("COMM") if not frame.desc]
        else:
            frames = self._tags.getall("USLT")
        return sorted(frames, key=lambda f: (bool(f.desc), f.lang == "XXX", f.lang == "xxx"))

    def _free(self, name: str) -> str:
        names = (FIELD_NAMES.get(name, name), *OTHER_NAMES.get(name, ()))
        return next((str(frame.text[0]) for frame in self._free_frames(*names)), "")

    def _free_frames(self, *names: str) -> list[Any]:
        """TXXX frames with text, by name in any case, in the order of `names`."""
        frames = [frame for frame in self._tags.getall("TXXX") if frame.text and frame.text[0]]
        return [f for name in names for f in frames if f.desc.upper() == name]

    def set(self, name: str, text: str) -> None:
        """Set a tag; an empty text removes it."""
        if name == "track":
            self._put_track(text, self.get("n_tracks"))
        elif name == "n_tracks":
            self._put_track(self.get("track"), text)
        elif name == "stars":
            self._set_stars(text)
        else:
            self._set_text(name, text)

    def _put_track(self, track: str, total: str) -> None:
        self._drop_free("track")
        self._drop_free("n_tracks")
        self._put("TRCK", f"{track}/{total}" if total else track)

    def _set_text(self, name: str, text: str) -> None:
        self._drop_free(name)
        if name in self._FRAMES:
            self._put(self._FRAMES[name], text)
        elif name == "musicbrainz_id":
            self._tags.delall(_MUSICBRAINZ)
            if text:
                owner = _MUSICBRAINZ.removeprefix("UFID:")
                self._tags.add(UFID(owner=owner, data=text.encode("ascii")))
        elif name == "source_url":
            self._tags.delall("WOAS")
            if text:
                self._tags.add(WOAS(url=text))
        elif name in ("comment", "lyrics"):
            for frame in self._texts(name):
                if not (text and frame.desc):
                    del self._tags[frame.HashKey]
            if text:
                kind = COMM if name == "comment" else USLT
                self._tags.add(kind(encoding=3, lang=_UNKNOWN_LANGUAGE, desc="", text=text))
        else:
            suffix = " dB" if text and name == "replaygain_gain_db" else ""
            self._set_free(FIELD_NAMES.get(name, name), text + suffix)

    def _drop_free(self, name: str) -> None:
        names = (FIELD_NAMES.get(name, name), *OTHER_NAMES.get(name, ()))
        for frame in self._free_frames(*names):
            del self._tags[frame.HashKey]

    def _set_free(self, key: str, text: str) -> None:
        for frame in self._free_frames(key):
            del self._tags[frame.HashKey]
        if text:
            self._tags.add(TXXX(encoding=3, desc=key, text=[text]))

    def _set_stars(self, text: str) -> None:
        ours = f"POPM:{_POPM_OWNER}"
        if text and ours not in self._tags:
            self._tags.add(POPM(email=_POPM_OWNER, rating=0, count=0))
        for frame in self._tags.getall("POPM"):  # of other programs too: all say the same
            frame.rating = POPM_OF_STARS[int(text)] if text else 0
        if not text:
            self._tags.delall(ours)
        if self._free_frames("RATING"):
            self._set_free("RATING", text and str(int(text) * 20))
        self._set_free(FMPS_RATING, text and share_text(int(text)))
        self._set_free(WRITTEN_STARS, text)

    def _put(self, frame: str, text: str) -> None:
        self._tags.delall(frame)
        if text:
            self._tags.add(Frames[frame](encoding=3, text=[text]))

    def extra_names(self) -> list[str]:
        """Return the names of the free tags that utawaku wrote, with its prefix."""
        names = {frame.desc for frame in self._tags.getall("TXXX")}
        return sorted(n for n in names if n.startswith(EXTRA_PREFIX) and n not in OWN_NAMES)

    def get_cover(self) -> bytes:
        """Return the front cover, empty where there is none."""
        pictures = self._tags.getall("APIC")
        return next((bytes(p.data) for p in pictures if p.type == FRONT_COVER), b"")

    def set_cover(self, picture: bytes) -> None:
        """Set the front cover; empty bytes remove it."""
        for frame in self._tags.getall("APIC"):
            if frame.type == FRONT_COVER:
                del self._tags[frame.HashKey]
        if picture:
            cover = APIC(encoding=0, mime="image/jpeg", type=FRONT_COVER, desc="", data=picture)
            self._tags.add(cover)

    def save(self, source: Path, target: Path) -> None:
        """Write `source` with these tags into `target`. Raises mutagen.MutagenError."""
        shutil.copyfile(source, target)
        self.file.save(target, v2_version=4)


def _is_ours(frame: Any) -> bool:
    return bool(frame.email == _POPM_OWNER)
