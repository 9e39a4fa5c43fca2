"""The place of each tag in each file format.

ID3v2.4 for MP3 and WAV, Vorbis comments for FLAC, Opus and Ogg, iTunes atoms for M4A and MP4.
Loudness: ReplayGain 2.0 tags everywhere but in Opus, which has R128_TRACK_GAIN (RFC 7845, 5.2.1:
a fixed-point number, relative to -23 LUFS) and no place for a peak.

Free names are written as most readers look for them, and read in upper and lower case and under
the other names in use (`OTHER_NAMES`). A rating is written in every form that the file has.
"""

from pathlib import Path

import mutagen
from mutagen.flac import FLAC
from mutagen.mp3 import MP3
from mutagen.mp4 import MP4
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

from utawaku.library.errors import TagError
from utawaku.library.tag_formats.id3 import Id3Store
from utawaku.library.tag_formats.mp4 import Mp4Store
from utawaku.library.tag_formats.names import EXTRA_PREFIX, FIELD_NAMES, OWN_NAMES
from utawaku.library.tag_formats.store import TagStore
from utawaku.library.tag_formats.vorbis import VorbisStore

_USE_A_SONG_FILE = "Use an mp3, m4a, mp4, opus, ogg, flac or wav file that plays"
_WRITE_WAV_AGAIN = "Convert it to FLAC, or write the WAV again into a file instead of a pipe"
_STORES: list[tuple[tuple[type, ...], type[TagStore]]] = [
    ((FLAC, OggOpus, OggVorbis), VorbisStore),
    ((MP3, WAVE), Id3Store),
    ((MP4,), Mp4Store),
]


def open_tags(path: Path) -> TagStore:
    """Open the tags of a song file. Raises TagError where it has none that can be used."""
    try:
        if _wav_of_unknown_size(path):
            raise unusable(path, "its header does not say how long the WAV is", _WRITE_WAV_AGAIN)
        file = mutagen.File(path)
        for kinds, store in _STORES:
            if isinstance(file, kinds):
                return store(file)
    except (mutagen.MutagenError, OSError) as error:
        raise unusable(path, str(error)) from error
    raise unusable(path, "no format with tags that utawaku knows")


def _wav_of_unknown_size(path: Path) -> bool:
    """Return whether this is a WAV as programs write it into a pipe, or one over 4 GiB (RF64)."""
    with path.open("rb") as file:
        head = file.read(12)
    if head[8:] != b"WAVE":
        return False
    size = int.from_bytes(head[4:8], "little")
    return head[:4] == b"RF64" or (head[:4] == b"RIFF" and size + 8 > path.stat().st_size)


def unusable(path: Path, why: str, next_step: str = _USE_A_SONG_FILE) -> TagError:
    """Return the error for a file whose tags cannot be used."""
    return TagError(
        f"the tags cannot be read or written ({why})", subject=str(path), next_step=next_step
    )


__all__ = [
    "EXTRA_PREFIX",
    "FIELD_NAMES",
    "OWN_NAMES",
    "TagStore",
    "open_tags",
    "unusable",
]
