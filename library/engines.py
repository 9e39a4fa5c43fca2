"""Names of engines, as settings and commands have them."""

from typing import Literal, get_args

SegmentEngine = Literal["sm", "smn", "bacs"]
"""Networks that tell speech from music; `bacs` is the small acoustic segmenter."""
SeparationEngine = Literal[
    "auto", "builtin", "spleeter", "blend", "custom", "plugin", "spleeter-reference"
]
"""Engines that separate vocals from accompaniment; `auto` is Spleeter where it can be had."""
HighlightEngine = Literal["builtin", "deepchorus"]
"""Models of the interest curve."""

Device = Literal["auto", "cpu", "cuda", "directml", "coreml", "openvino"]
"""Devices that networks run on; `auto` is the fastest that ONNX Runtime was installed with."""

DEVICES: tuple[str, ...] = get_args(Device)
SEGMENT_ENGINES: tuple[str, ...] = get_args(SegmentEngine)
SEPARATION_ENGINES: tuple[str, ...] = get_args(SeparationEngine)
HIGHLIGHT_ENGINES: tuple[str, ...] = get_args(HighlightEngine)


def one_of(names: tuple[str, ...]) -> str:
    """Return names for a help text.

    >>> one_of(("sm", "smn", "bacs"))
    'sm, smn or bacs'
    """
    return f"{', '.join(names[:-1])} or {names[-1]}"
