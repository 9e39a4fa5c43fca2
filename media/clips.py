"""Spans of songs as tagged files of their own."""

from itertools import count
from pathlib import Path

from utawaku.library.files.paths import numbered, safe_component
from utawaku.library.tags import SongTags, write_tags
from utawaku.media.cut import AudioCodec, cut_audio, plan_cut
from utawaku.media.probe import probe


def write_clip(
    source: Path,
    start_s: float,
    stop_s: float | None,
    target: Path,
    tags: SongTags,
    *,
    codec: AudioCodec = "auto",
) -> Path:
    """Write the span [start_s, stop_s) of `source` with its tags, and return the file.

    Args:
        source: audio or video; only its sound is written.
        start_s, stop_s: seconds from its start; None is its end.
        target: its ending is replaced by that of the codec; an existing file is replaced.
        tags: of the clip.
        codec: `auto` copies the sound where that is exact to the sample (see `cut_audio`).

    Raises:
        MediaError: the source cannot be read, or the clip cannot be written or tagged.
    """
    cut = cut_audio(source, start_s, stop_s, target, codec=codec, with_loudness=False)
    assert cut.path is not None
    write_tags(cut.path, tags)
    return cut.path


def free_name(folder: Path, name: str, source: Path, codec: AudioCodec = "auto") -> Path:
    """Return a path in `folder` that no file has yet, for a clip called `name`, whatever it holds.

    Raises:
        MediaError: `source`, which decides on the ending, cannot be read.
    """
    ending = plan_cut(probe(source), codec).ext
    first = folder / safe_component(name, suffix=f".{ending}")
    paths = (numbered(first, number) for number in count(1))
    return next(path for path in paths if not path.exists())
