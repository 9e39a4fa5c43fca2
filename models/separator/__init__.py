"""Voice and accompaniment apart: engines behind one interface, streamed, to the sample."""

from utawaku.models.separator.engine import (
    ENGINES,
    Separator,
    Stems,
    make_separator,
    separate,
)
from utawaku.models.separator.files import SeparatedFiles, separate_file

__all__ = [
    "ENGINES",
    "SeparatedFiles",
    "Separator",
    "Stems",
    "make_separator",
    "separate",
    "separate_file",
]
