"""Child process: decodes files as utawaku does and plainly, a line of JSON each.

Read a list of paths as JSON from standard input. A crash of a native library ends this process,
not the tests.
"""

import json
import sys
from pathlib import Path
from typing import Any

import av

from utawaku.library.errors import MediaError
from utawaku.media.decode import decode

_MOST_ERRORS = 10_000


def plain_lengths(path: str) -> list[float] | None:
    """Decode packet by packet and return seconds of samples, with failed packets, with jumps.

    The second adds the length of packets that cannot be decoded, the third what the time stamps of
    the frames jump over. None where FFmpeg does not open the file.
    """
    try:
        container = av.open(path, metadata_errors="replace")
    except av.FFmpegError:
        return None
    sound = holes = jumps = 0.0
    end: float | None = None
    n_errors = 0
    with container:
        if not container.streams.audio:
            return None
        stream = container.streams.audio[0]
        packets = container.demux(stream)
        packet: Any = None
        while n_errors < _MOST_ERRORS:
            try:
                packet = next(packets)
                frames = packet.decode()
            except (StopIteration, av.EOFError):
                break
            except (av.FFmpegError, IndexError):
                n_errors += 1
                if packet is not None:
                    holes += float((packet.duration or 0) * (packet.time_base or 0))
                packets = container.demux(stream)
                continue
            for frame in frames:
                length = frame.samples / frame.sample_rate
                sound += length
                if frame.pts is not None:
                    at = float(frame.pts * frame.time_base)
                    if end is not None and 0 < at - end < 600:
                        jumps += at - end
                    end = at + length
    return [sound, sound + holes, sound + jumps]


def our_length(path: str) -> dict[str, Any]:
    """Decode as utawaku does: length in seconds, the error it was refused with, facts."""
    try:
        reader = decode(Path(path), sample_rate_hz=16_000, n_channels=1)
        length_s = sum(len(chunk) for chunk in reader) / 16_000
    except MediaError as error:
        return {"ours": 0.0, "error": f"{type(error).__name__}: {error}", "facts": {}}
    return {"ours": length_s, "error": "", "facts": reader.timeline.as_metadata()}


if __name__ == "__main__":
    for path in json.load(sys.stdin):
        print(json.dumps({**our_length(path), "plain": plain_lengths(path)}), flush=True)
