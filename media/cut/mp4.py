"""Copying AAC packets into an m4a whose edit list plays exactly a span.

The edit list names the first sample to play, and players obey it to the sample. Its end they obey
only between packets (FFmpeg and what is built on it play the last packet whole, up to 23 ms more),
so the span's end is moved to the nearest packet boundary and reported there. Two packets before the
start are kept as the run-up of the overlapping transform; from there the decode equals the source's
bit by bit.
"""

from pathlib import Path

import av
from av.error import FFmpegError

from utawaku.library.progress import Progress
from utawaku.media.cut.packets import open_packets
from utawaku.media.cut.result import NotCopyableError
from utawaku.media.probe import MediaInfo

_N_PACKET = 1024
_RUN_UP_PACKETS = 2


def copy_aac(
    info: MediaInfo, start: int, n_samples: int, n_snap: int, target: Path, progress: Progress
) -> int:
    """Copy recording samples from `start` on into an m4a; return how many it plays.

    The end moves by at most `n_snap` samples. Raises NotCopyableError where that is not enough or
    the packets do not hold the span.
    """
    rate = info.sample_rate_hz
    with open_packets(info, _N_PACKET, n_delay=None, seekable=True) as track:
        _check_plain_aac(track.stream, rate)
        raw_start = track.raw(start)
        raw_stop = round((raw_start + n_samples) / _N_PACKET) * _N_PACKET
        if abs(raw_stop - raw_start - n_samples) > n_snap:
            raise NotCopyableError("the end does not fall between two AAC packets")
        first = max(0, raw_start // _N_PACKET - _RUN_UP_PACKETS)
        count = 0
        try:
            with av.open(
                str(target), "w", format="ipod", options={"movie_timescale": str(rate)}
            ) as container:
                output = container.add_stream_from_template(track.stream)
                for number, packet in track.packets(first):
                    if number * _N_PACKET >= raw_stop:
                        break
                    packet.pts = packet.dts = number * _N_PACKET - raw_start
                    packet.duration = _N_PACKET
                    packet.stream = output
                    container.mux(packet)
                    count += 1
                    progress(count * _N_PACKET / max(1, n_samples), "copying")
        except FFmpegError as error:
            raise NotCopyableError(f"the packets do not fit into an m4a ({error})") from error
    if (first + count) * _N_PACKET < raw_stop:
        raise NotCopyableError("the recording ends before the span")
    return raw_stop - raw_start


def _check_plain_aac(stream: av.AudioStream, rate: int) -> None:
    """AAC-LC with sample-exact time stamps; HE-AAC needs a longer run-up than can be named."""
    profile = stream.codec_context.profile or ""
    if profile not in ("LC", "") or not stream.codec_context.extradata:
        raise NotCopyableError(f"AAC of the profile {profile or 'unknown'} cannot be cut exactly")
    if stream.time_base is None or stream.time_base * rate > 1:
        raise NotCopyableError("the container's times are coarser than a sample")
