"""Segments (and songs) for other programs that deal with audio, and back."""

from collections.abc import Iterable, Sequence

from utawaku.library.errors import NotFoundError
from utawaku.library.exports.setlists import NamedSpan, name_of
from utawaku.library.records import Segment
from utawaku.library.text import clean_line

_RATE_HZ, _HOP = 16_000, 160
"""Of the frames of brandeis-acs."""
_INA_HEADER = "labels\tstart\tstop"


def ina_csv(segments: Iterable[Segment]) -> str:
    """The file that inaSpeechSegmenter's `seg2csv` writes, byte by byte (tab-separated)."""
    rows = [f"{s.label}\t{float(s.start_s)!r}\t{float(s.stop_s)!r}" for s in segments]
    return "".join(f"{line}\n" for line in [_INA_HEADER, *rows])


def parse_ina_csv(text: str) -> list[Segment]:
    """Read what `ina_csv` or the package itself wrote. Raises NotFoundError for other text."""
    lines = text.lstrip("\ufeff").splitlines()
    if not lines or lines[0].strip() != _INA_HEADER:
        raise NotFoundError("there is no line 'labels<TAB>start<TAB>stop' at its top")
    return [_segment(line.split("\t"), order=(0, 1, 2)) for line in lines[1:] if line.strip()]


def _segment(parts: list[str], order: tuple[int, int, int]) -> Segment:
    try:
        label, start, stop = (parts[index] for index in order)
        return Segment(label.strip(), float(start), float(stop))
    except (IndexError, ValueError) as error:
        raise NotFoundError("this line is no segment", subject=repr("\t".join(parts))) from error


def audacity_labels(segments: Sequence[Segment], songs: Sequence[NamedSpan] = ()) -> str:
    """A label track: `start<TAB>stop<TAB>label` in seconds, segments first, then songs by name."""
    rows = [(s.start_s, s.stop_s, clean_line(s.label)) for s in segments]
    rows += [(s.start_s, s.stop_s, name_of(s, number)) for number, s in enumerate(songs, 1)]
    return "".join(f"{start:.6f}\t{stop:.6f}\t{label}\n" for start, stop, label in rows)


def parse_audacity_labels(text: str) -> list[Segment]:
    """Read a label track; any label is taken. Raises NotFoundError for a line that is none.

    Lines that begin with a backslash hold the frequency range of the label above and are skipped.
    """
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("\\")]
    return [_segment([*line.split("\t", 2), ""], order=(2, 0, 1)) for line in lines]


def segmented_row(path: str, segments: Iterable[Segment]) -> str:
    """One line of `segmented.tsv` without its end, as brandeis-acs prints it.

    Path, then start and stop of each stretch of speech in seconds with a tab between all of them,
    then ``speech_ratio: 12.34% (frames of speech / frames)``. Frames are 10 ms apart and centred,
    so a recording of n samples at 16 kHz has 1 + n // 160 of them. As there, a stretch is told by
    its first and last frame, but one that ends with the recording by the number of frames. Tabs and
    line ends in a path are escaped.
    """
    segments = list(segments)
    stop_s = segments[-1].stop_s if segments else 0.0
    n_frames = 1 + round(stop_s * _RATE_HZ) // _HOP if segments else 0
    spans = []
    for segment in segments:
        if segment.label == "speech":
            start, stop = round(100 * segment.start_s), round(100 * segment.stop_s)
            last = n_frames if segment.stop_s >= stop_s else stop - 1
            spans.append((start, max(start, last)))
    n_speech = sum(stop - start for start, stop in spans)
    n_frames = max(n_frames, n_speech)
    ratio = n_speech / n_frames if n_frames else 0.0
    safe_path = path.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
    cells = [safe_path]
    for start, stop in spans:
        cells += [str(start / 100), str(stop / 100)]
    return "\t".join([*cells, f"speech_ratio: {ratio:.2%} ({n_speech} / {n_frames})"])


def segmented_tsv(recordings: Iterable[tuple[str, Iterable[Segment]]]) -> str:
    """`segmented.tsv`: one line a recording, see `segmented_row`."""
    return "".join(f"{segmented_row(path, segments)}\n" for path, segments in recordings)


def parse_segmented_tsv(text: str) -> list[tuple[str, list[tuple[float, float]], float]]:
    """Read `(path, speech spans, share of speech)` back. Raises NotFoundError for a bad line."""
    rows = []
    for line in text.split("\n"):
        if not line:
            continue
        try:
            path, *cells, ratio = line.split("\t")
            times = [float(cell) for cell in cells]
            pairs = list(zip(times[::2], times[1::2], strict=True))
            share = float(ratio.removeprefix("speech_ratio: ").split("%")[0]) / 100
            rows.append((_unescape(path), pairs, share))
        except ValueError as error:
            raise NotFoundError("this line is not of segmented.tsv", subject=repr(line)) from error
    return rows


def _unescape(text: str) -> str:
    parts = text.split("\\\\")
    return "\\".join(part.replace("\\t", "\t").replace("\\n", "\n") for part in parts)


def rttm(stream_id: str, segments: Iterable[Segment]) -> str:
    """Rich Transcription Time Marked lines, the label in the speaker's place; silence is left out.

    NIST RT-09: type, file, channel, onset, duration, and five fields of which one is used here.
    """
    name = "_".join(clean_line(stream_id).split()) or "<NA>"
    return "".join(
        f"SPEAKER {name} 1 {s.start_s:.3f} {s.duration_s:.3f} <NA> <NA> {s.label} <NA> <NA>\n"
        for s in segments
        if s.label != "noEnergy"
    )
