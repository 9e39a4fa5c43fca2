"""Cutting the sound of one song out of a recording: the packets themselves, or one encode."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path

from utawaku.library.errors import EncodeError, TruncatedMediaError
from utawaku.library.files import atomic_path
from utawaku.library.progress import Progress, part, silent
from utawaku.media.containers import may_restart
from utawaku.media.cut.encode import encode, faded, output_channels, output_rate
from utawaku.media.cut.mp3 import copy_mp3
from utawaku.media.cut.mp4 import copy_aac
from utawaku.media.cut.ogg_opus import copy_opus
from utawaku.media.cut.result import AudioCodec, CutResult, NotCopyableError
from utawaku.media.decode import decode
from utawaku.media.joined import part_of_span
from utawaku.media.loudness import measure_file
from utawaku.media.loudness_grid import LoudnessGrid
from utawaku.media.probe import MediaInfo, open_media, probe, probe_part

OVERSHOOT_S = 1.0
"""A span may claim this much more than there is: durations in headers are estimates."""

_SHORTEST_S = 0.05
_GUESSES_DURATION = {"mp3", "aac", "ac3", "dts", "mpegts", "flv"}
_CHUNK_S = 1.0
"""Decoding goes on to the end of a chunk, so this is what a cut may decode too much."""
_TAIL_S = 5.0

Copier = Callable[[MediaInfo, int, int, int, Path, Progress], int]
"""Takes recording, first sample, count, how far the end may move, target; gives the count."""


@dataclass(frozen=True)
class CutPlan:
    """The plan of `cut_audio` for a recording, made without decoding it."""

    codec: str
    """`opus`, `mp3`, `flac` or `m4a`."""
    copy: bool
    """True where it will try to keep the packets."""

    @property
    def ext(self) -> str:
        """File name extension, without its dot."""
        return self.codec


_COPIERS: dict[str, tuple[str, Copier]] = {
    "opus": ("opus", copy_opus),
    "mp3": ("mp3", copy_mp3),
    "mp3float": ("mp3", copy_mp3),
    "aac": ("m4a", copy_aac),
}
_LOSSLESS = ("flac", "alac", "pcm_", "wavpack", "tta", "ape", "tak")


def plan_cut(info: MediaInfo, codec: AudioCodec = "auto", *, fades: bool = False) -> CutPlan:
    """Say which codec a cut gets and whether it is a copy.

    Opus, AAC and MP3 are copied: their containers can say, to the sample, what to play of the first
    and last packet (see the copiers for what each needs). FLAC and PCM are encoded as FLAC, which
    loses nothing either and may start at any sample. Everything else (Vorbis, AC-3, ...) is encoded
    once, as Opus. Raises EncodeError for `copy` with a fade, or of a codec that cannot be copied.
    """
    own, _ = _COPIERS.get(info.audio_codec, ("", None))
    lossless = info.audio_codec.startswith(_LOSSLESS)
    if codec == "copy":
        if fades or not (own or lossless):
            raise EncodeError(
                "a fade cannot be copied"
                if fades
                else f"{info.audio_codec} cannot be copied and cut to the sample",
                subject=str(info.path),
                next_step="Choose the codec auto, opus, mp3, flac or m4a",
            )
        return CutPlan(own or "flac", copy=bool(own))
    if codec == "auto":
        return CutPlan(own or ("flac" if lossless else "opus"), copy=bool(own) and not fades)
    return CutPlan(codec, copy=codec == own and not fades)


def cut_audio(
    source: Path,
    start_s: float,
    stop_s: float | None,
    target: Path,
    *,
    codec: AudioCodec = "auto",
    fade_in_s: float = 0.0,
    fade_out_s: float = 0.0,
    snap_s: float = 0.03,
    with_loudness: bool = True,
    heard: LoudnessGrid | None = None,
    track: int | None = None,
    progress: Progress = silent,
) -> CutResult:
    """Write the span [start_s, stop_s) of `source` as its own audio file, atomically.

    Args:
        stop_s: None for the end of the recording.
        target: its suffix is replaced by that of the codec; an existing file is replaced.
        codec: see `plan_cut`. A copy that turns out not to be exact (gaps, odd packets) becomes an
            encode, unless `copy` was asked for; the result's `note` says why.
        fade_in_s, fade_out_s: raised-cosine fades; any fade means an encode.
        snap_s: how far the end may move so that it falls between two packets, for codecs whose
            players do not stop inside one (AAC). 0 encodes instead. The start never moves.
        with_loudness: measure what is written (one decode more where it is copied).
        heard: what a pass over the recording's default track kept of its loudness; where that
            tells the loudness of a copy for certain, the copy is not decoded for it.
        track: which sound track, counted from 0; None takes the one flagged as default.

    The result's span is what plays: whole samples, exact for copies and encodes alike.

    Raises:
        EncodeError: the span is empty, reversed or not inside the recording, or writing failed.
        NotMediaError, NoAudioError, TruncatedMediaError: the source is no use.
    """
    info = probe(source, track=track)
    start_s, stop_s = checked_span(info, start_s, stop_s)
    if info.parts and (inside := part_of_span(info.parts, start_s, stop_s)):
        cut = cut_audio(
            inside.path,
            start_s - inside.start_s,
            None if stop_s is None else stop_s - inside.start_s,
            target,
            codec=codec,
            fade_in_s=fade_in_s,
            fade_out_s=fade_out_s,
            snap_s=snap_s,
            with_loudness=with_loudness,
            track=inside.track if track is None else track,
            progress=progress,
        )
        return replace(
            cut,
            start_s=cut.start_s + inside.start_s,
            stop_s=cut.stop_s + inside.start_s,
        )
    plan = plan_cut(info, codec, fades=fade_in_s > 0 or fade_out_s > 0)
    target = target.with_name(f"{target.name.removesuffix(target.suffix)}.{plan.ext}")
    note = ""
    with atomic_path(target) as temporary:
        result = None
        if plan.copy:
            try:
                result = _copy(info, start_s, stop_s, temporary, snap_s, progress)
            except NotCopyableError as error:
                note = str(error)
                if codec == "copy":
                    raise EncodeError(
                        f"cannot be copied exactly: {note}",
                        subject=str(source),
                        next_step="Choose the codec auto",
                    ) from error
            if result is not None and with_loudness:
                known = heard.between(result.start_s, result.stop_s) if heard else None
                loudness = known or measure_file(temporary, progress=part(progress, 0.3, 1.0))
                result = replace(result, loudness=loudness)
        if result is None:
            result = _encode(
                info,
                start_s,
                stop_s,
                temporary,
                plan.codec,
                (fade_in_s, fade_out_s),
                with_loudness,
                progress,
            )
        if not result.n_samples:
            raise _no_such_span(info, start_s, stop_s)
    progress(1.0, "cut")
    return replace(result, path=target, note=note)


def checked_span(
    info: MediaInfo, start_s: float, stop_s: float | None
) -> tuple[float, float | None]:
    """Return the span with its stop None where it reaches the end; raises EncodeError.

    MP3 and raw streams only guess how long they are, so there nothing is refused for its length
    before it was looked for.
    """
    if not isfinite(start_s) or (stop_s is not None and not isfinite(stop_s)):
        raise _no_such_span(info, start_s, stop_s)
    start_s = max(0.0, start_s)
    if stop_s is not None and stop_s - start_s < _SHORTEST_S:
        raise _no_such_span(info, start_s, stop_s)
    if len(info.parts) == 1:  # its own file is checked when it is cut
        return start_s, stop_s
    end_s = info.duration_s
    is_guess = bool(_GUESSES_DURATION & set(info.container.split(",")))
    if not end_s or is_guess or may_restart(info.path, info.container):
        return start_s, stop_s
    if start_s >= end_s or (stop_s is not None and stop_s > end_s + OVERSHOOT_S):
        raise _no_such_span(info, start_s, stop_s)
    return start_s, None if stop_s is not None and stop_s >= end_s else stop_s


def _no_such_span(info: MediaInfo, start_s: float, stop_s: float | None) -> EncodeError:
    stop = "the end" if stop_s is None else f"{stop_s:.3f} s"
    return EncodeError(
        f"cannot cut from {start_s:.3f} s to {stop}: it lasts {info.duration_s:.3f} s",
        subject=str(info.path),
        next_step="Give a start before the stop, both inside the recording",
    )


def _copy(
    info: MediaInfo,
    start_s: float,
    stop_s: float | None,
    target: Path,
    snap_s: float,
    progress: Progress,
) -> CutResult:
    if info.parts:
        raise NotCopyableError("it lies across two files")
    codec, copier = _COPIERS[info.audio_codec]
    rate = info.sample_rate_hz
    start = round(start_s * rate)
    stop = _exact_end(info, start_s) if stop_s is None else round(stop_s * rate)
    n_snap = round(snap_s * rate)
    n_samples = copier(info, start, stop - start, n_snap, target, part(progress, 0.0, 0.3))
    return CutResult(
        target, start / rate, (start + n_samples) / rate, n_samples, rate, codec, copied=True
    )


def _exact_end(info: MediaInfo, start_s: float) -> int:
    """Return how many samples the recording has, by decoding its last seconds only."""
    for tail_s in (max(start_s, info.duration_s - _TAIL_S), start_s):
        with suppress(TruncatedMediaError):  # nothing there: it ends before its header says
            reader = decode(info.path, start_s=tail_s, track=info.track)
            if n_samples := sum(chunk.shape[-1] for chunk in reader):
                result: int = round(tail_s * info.sample_rate_hz) + n_samples
                return result
    raise NotCopyableError("the recording ends before the span")


def _encode(
    info: MediaInfo,
    start_s: float,
    stop_s: float | None,
    target: Path,
    codec: str,
    fades_s: tuple[float, float],
    with_loudness: bool,
    progress: Progress,
) -> CutResult:
    rate = output_rate(codec, info.sample_rate_hz)
    reader = decode(
        info.path,
        sample_rate_hz=rate,
        n_channels=output_channels(codec, info.n_channels),
        start_s=start_s,
        stop_s=stop_s,
        chunk_s=_CHUNK_S,
        track=info.track,
        progress=progress,
    )
    chunks = faded(reader, rate, *fades_s)
    try:
        n_samples, meter = encode(
            chunks, rate, target, codec, bits=_bits(info), with_loudness=with_loudness
        )
    except TruncatedMediaError as error:
        raise _no_such_span(info, start_s, stop_s) from error
    first_s = round(start_s * rate) / rate
    _check_whole(info, start_s, stop_s, n_samples / rate, reader.truncated)
    return CutResult(
        path=target,
        start_s=first_s,
        stop_s=first_s + n_samples / rate,
        n_samples=n_samples,
        sample_rate_hz=rate,
        codec=codec,
        copied=False,
        loudness=meter.result() if meter else None,
    )


def _check_whole(
    info: MediaInfo, start_s: float, stop_s: float | None, duration_s: float, truncated: bool
) -> None:
    if stop_s is not None and stop_s - start_s - duration_s > OVERSHOOT_S:
        raise EncodeError(
            f"ends {stop_s - start_s - duration_s:.1f} s before the span does"
            + (" (the file is cut short)" if truncated else ""),
            subject=str(info.path),
            next_step="Fetch the recording again, or move the end of the song",
        )


def _bits(info: MediaInfo) -> int:
    """Bits a sample for FLAC: 24 where the source is lossless with more than 16."""
    if not info.audio_codec.startswith(_LOSSLESS):
        return 16
    if info.parts:
        return max(_bits(probe_part(part, info.track)) for part in info.parts)
    with open_media(info.path) as container:
        stream = next(s for s in container.streams.audio if s.index == info.audio_index)
        return 24 if stream.codec_context.format.bits > 16 else 16
