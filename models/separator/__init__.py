"""Voice and accompaniment apart: engines behind one interface, streamed, to the sample."""

from utawaku.models.separator.engine import Separator, Stems, separate
from utawaku.models.separator.engines import make_separator
from utawaku.models.separator.files import SeparatedFiles, separate_file

__all__ = [
    "SeparatedFiles",
    "Separator",
    "Stems",
    "make_separator",
    "separate",
    "separate_file",
]
