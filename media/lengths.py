"""Length of a recording as it plays, whatever its header says."""

from pathlib import Path

from utawaku.library.progress import Progress, silent
from utawaku.media.decode import decode


def counted_s(path: Path, progress: Progress = silent) -> float:
    """Return the length of a recording in seconds, by decoding it; raises as `decode`."""
    reader = decode(path, progress=progress)
    for _ in reader:
        pass
    return reader.duration_s
