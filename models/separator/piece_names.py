"""Names and form of the files of pieces: a template, FLAC or WAV, and which files there are."""

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from utawaku.library.errors import ConfigError, UsageError
from utawaku.library.files import check_template, render_path, safe_component
from utawaku.library.text import clean_line, cut_bytes
from utawaku.library.time_format import name_clock

SoundFormat = Literal["flac", "wav"]
FORMATS: tuple[str, ...] = get_args(SoundFormat)
BY_NUMBER = "{number:04}"
FIELDS = ("number", "start", "stop", "words", "hash")
_MAX_BYTES = 180
"""Of a name: its endings, and the mark of a temporary file, must fit behind it."""
_MAX_WORDS_BYTES = 120
_HASH_DIGITS = 12


@dataclass(frozen=True)
class PieceForm:
    """The form that the files of pieces have."""

    file_format: str = "flac"
    names: str = BY_NUMBER
    """Template of `FIELDS`, without endings."""
    sounds: bool = False
    """Also the sound of each piece itself, beside its stems."""


def check_form(form: PieceForm) -> None:
    """Check a form that a user gave.

    Raises:
        UsageError: there is no such format, or the template cannot be used.
    """
    if form.file_format not in FORMATS:
        raise UsageError(
            "pieces are not written as this",
            subject=form.file_format,
            next_step=f"Choose one of {', '.join(FORMATS)}",
        )
    try:
        check_template(form.names, FIELDS)
        one = render_path(form.names, _fields(1, 0.0, 1.0, "words"))
    except ConfigError as error:
        raise UsageError(
            error.problem, subject=form.names, next_step=f"Fields are {', '.join(FIELDS)}"
        ) from error
    if len(one.parts) != 1:
        raise UsageError(
            "names of pieces make no folders", subject=form.names, next_step="Leave out the /"
        )


def piece_names(spans_s: Sequence[tuple[float, float, str]], template: str) -> list[str]:
    """Return a name for each piece, safe on every file system, no two alike.

    Args:
        spans_s: start and stop in seconds, and the text, of each piece in order.
        template: see `PieceForm.names`.
    """
    names: list[str] = []
    taken: set[str] = set()
    for number, (start_s, stop_s, text) in enumerate(spans_s, 1):
        fields = _fields(number, start_s, stop_s, text)
        path = render_path(template, fields, placeholder=f"{number:04}")
        name = safe_component(path.name, max_bytes=_MAX_BYTES)
        free, copy = name, 1
        while _key(free) in taken:
            copy += 1
            free = f"{name} ({copy})"
        taken.add(_key(free))
        names.append(free)
    return names


def is_safe(name: str) -> bool:
    """Return whether a name read from a file is one that `piece_names` could have made."""
    return bool(name) and safe_component(name, max_bytes=_MAX_BYTES + 20) == name


def _fields(number: int, start_s: float, stop_s: float, text: str) -> dict[str, str | int | None]:
    words = cut_bytes(clean_line(text), _MAX_WORDS_BYTES)
    identity = f"{start_s:.6f} {stop_s:.6f} {clean_line(text)}"
    return {
        "number": number,
        "start": name_clock(start_s),
        "stop": name_clock(stop_s),
        "words": words or None,
        "hash": hashlib.sha256(identity.encode()).hexdigest()[:_HASH_DIGITS],
    }


def _key(name: str) -> str:
    """The name as file systems that ignore case and composition see it."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())
