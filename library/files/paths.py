"""Path templates: from the fields of a song to a name that every file system takes.

A template is `/`-separated text with fields in braces and Python's format after a colon, e.g.
`{channel}/{date} {stream_title}/{track:02} {artist} - {title}.{ext}`. Only the template makes
folders; a field's value never does. A field that is empty takes its separator with it.
"""

import re
import string
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path, PurePosixPath

from utawaku.library.errors import ConfigError
from utawaku.library.text import clean_line, cut_bytes

MAX_COMPONENT_BYTES = 255
"""Bytes of one name on ext4, APFS, Btrfs and XFS; NTFS counts 255 UTF-16 units, which is more."""

MAX_PATH_BYTES = 900
"""For the whole relative path: macOS takes 1024 with the library's root in front."""

PLACEHOLDER = "Unknown"

FieldValue = str | int | float | date | None

_LOOKALIKES = str.maketrans(
    {"/": "\uff0f", "\\": "\uff3c", ":": "\uff1a", "*": "\uff0a", "?": "\uff1f"}
    | {'"': "\uff02", "<": "\uff1c", ">": "\uff1e", "|": "\uff5c"}
)
_RESERVED = re.compile(
    r"^(CON|PRN|AUX|NUL|CLOCK\$|CONIN\$|CONOUT\$|(COM|LPT)[0-9\u00b9\u00b2\u00b3])[ ]*(?=\.|$)",
    re.IGNORECASE,
)
_FORMAT = re.compile(r"^[^{}]?[<>=^]?[+\- ]?#?0?(\d{0,3})[,_]?(\.\d{1,2})?[a-zA-Z%]?$")
_DATE_FORMAT = re.compile(r"^(%[YmdHMyjBbGVU]|[-_. ]){1,20}$")
_EXTENSION = re.compile(r"\.(\{ext(:[^}]*)?\}|[A-Za-z0-9]{1,8})$")
_SEPARATORS = r" \-\u2013\u2014_.,;~\u3001\u30fb\uff65\uff0d\u301c\uff5e#"
_EMPTY = "\0"
_EMPTY_IN_BRACKETS = re.compile(
    rf"[(\[\uff08\u3010\u300c\u300e][{_SEPARATORS}]*\0[{_SEPARATORS}\0]*[)\]\uff09\u3011\u300d\u300f]"
)
_EMPTY_WITH_SEPARATORS = re.compile(rf"([{_SEPARATORS}]*)\0([{_SEPARATORS}]*)")


def safe_component(
    text: str,
    *,
    max_bytes: int = MAX_COMPONENT_BYTES,
    suffix: str = "",
    placeholder: str = PLACEHOLDER,
) -> str:
    """Return one path component that says `text`, with `suffix` kept whole at its end.

    What Windows forbids becomes its full-width look-alike, control, bidirectional and invisible
    characters go, dots and spaces go from both ends (no hidden names, no `..`, no names Windows
    cannot open), reserved device names get an underscore, and the text is cut between graphemes so
    that the whole takes at most `max_bytes` bytes of UTF-8 in NFC.
    """
    text = clean_line(text).translate(_LOOKALIKES)
    text = cut_bytes(_trim(text), max_bytes - len(suffix.encode()))
    text = _trim(text) or placeholder
    # The placeholder is ours and short, so what can overflow here is only a reserved name's mark.
    text = _RESERVED.sub(lambda match: match[0].rstrip() + "_", text)
    return text + suffix


def _trim(text: str) -> str:
    # A trailing joiner or selector has nothing left to join once the dots after it are gone.
    return text.strip(" .\u3000\u00a0\u200c\u200d")


def safe_extension(text: str) -> str:
    """Return `text` as an extension without its dot: ASCII letters and digits, lower case."""
    return "".join(c for c in text.lower() if c.isascii() and c.isalnum())[:8]


def numbered(path: Path, number: int, *, max_bytes: int = MAX_COMPONENT_BYTES) -> Path:
    """Return `path` itself for 1, else `name (number).suffix`, cut so that it still fits."""
    if number <= 1:
        return path
    suffix = path.suffix if re.fullmatch(r"\.[A-Za-z0-9]{1,8}", path.suffix) else ""
    stem = path.name.removesuffix(suffix)
    mark = f" ({number})"
    kept = cut_bytes(stem, max_bytes - len((mark + suffix).encode())).rstrip(" .")
    return path.with_name(kept + mark + suffix)


def check_template(template: str, known: Iterable[str]) -> None:
    """Raise ConfigError, saying what to write instead, if `template` cannot name a file."""
    known = set(known)
    for name, spec in _fields_of(template):
        if name not in known:
            raise _bad_template(
                template, f"there is no field {{{name}}}; there are {', '.join(sorted(known))}"
            )
        if spec and not _FORMAT.match(spec) and not _DATE_FORMAT.match(spec):
            raise _bad_template(template, f"{{{name}:{spec}}} is not a format")


def _bad_template(template: str, why: str) -> ConfigError:
    return ConfigError(
        f"the path template is wrong: {why}",
        subject=template,
        next_step="Write it like {channel}/{date} {stream_title}/{track:02} {title}.{ext}",
    )


def _fields_of(template: str) -> list[tuple[str, str]]:
    """The `(name, format)` pairs of a template; raises ConfigError where it cannot be parsed."""
    parts = template.split("/")
    if not template.strip() or "\\" in template or any(not p.strip(" .") for p in parts):
        raise _bad_template(
            template, "it must be a relative path without empty parts, '..' or '\\'"
        )
    fields = []
    for part in parts:
        try:
            parsed = list(string.Formatter().parse(part))
        except ValueError as error:
            raise _bad_template(template, str(error)) from error
        for _, name, spec, conversion in parsed:
            if name is None:
                continue
            if not name.isidentifier() or conversion or (spec and "{" in spec):
                raise _bad_template(template, f"{{{name}}} is not a plain field name")
            fields.append((name, spec or ""))
    return fields


def render_path(
    template: str,
    fields: Mapping[str, FieldValue],
    *,
    max_component_bytes: int = MAX_COMPONENT_BYTES,
    max_path_bytes: int = MAX_PATH_BYTES,
    placeholder: str = PLACEHOLDER,
) -> PurePosixPath:
    """Return the relative path that `template` makes of `fields`, safe on every file system.

    `fields` may hold text, numbers, dates and None. Where `fields` has an `ext` that the template
    forgets, it is added. Parts that come out empty become `placeholder`. When the whole is longer
    than `max_path_bytes` the longest parts are shortened first. Raises ConfigError for a template
    that `check_template` refuses or a format that does not fit its value.
    """
    check_template(template, fields)
    *folders, name = template.split("/")
    match = _EXTENSION.search(name)
    if match:
        extension = safe_extension(_render(match[1], fields, template))
        name = name[: match.start()]
    else:
        extension = safe_extension(str(fields.get("ext") or ""))
    suffix = f".{extension}" if extension else ""
    texts = [_render(part, fields, template) for part in (*folders, name)]
    suffixes = [""] * len(folders) + [suffix]

    def assemble(limit: int) -> PurePosixPath:
        return PurePosixPath(
            *(
                safe_component(text, max_bytes=limit, suffix=end, placeholder=placeholder)
                for text, end in zip(texts, suffixes, strict=True)
            )
        )

    # One byte is kept back for the underscore that a reserved name may need.
    limit = max_component_bytes - 1
    path = assemble(limit)
    while len(str(path).encode()) > max_path_bytes and limit > 32:
        limit -= 8
        path = assemble(limit)
    if len(str(path).encode()) > max_path_bytes:
        raise _bad_template(template, f"it has more than {max_path_bytes} bytes of folders")
    return path


def _render(part: str, fields: Mapping[str, FieldValue], template: str) -> str:
    """Fill in one part and drop what stood around empty fields."""
    rendered = []
    for literal, name, spec, _ in string.Formatter().parse(part):
        rendered.append(literal)
        if name is not None:
            rendered.append(_render_field(name, fields[name], spec or "", template) or _EMPTY)
    text = "".join(rendered)
    text = _EMPTY_IN_BRACKETS.sub(_EMPTY, text)
    while _EMPTY in text:
        text = _EMPTY_WITH_SEPARATORS.sub(_join_around_empty, text, count=1)
    return text


def _render_field(name: str, value: FieldValue, spec: str, template: str) -> str:
    if value is None or value == "":
        return ""
    try:
        text = format(value, spec)
    except (ValueError, TypeError) as error:
        raise _bad_template(template, f"{{{name}:{spec}}} does not fit {value!r}") from error
    return clean_line(text)


def _join_around_empty(match: re.Match[str]) -> str:
    """Between two texts keep the lighter separator; at either end keep none."""
    before, after = match[1], match[2]
    if match.start() == 0 or match.end() == len(match.string):
        return ""
    if not before or not after:
        return before or after
    return min(before, after, key=lambda separator: (len(separator.strip()), len(separator)))
