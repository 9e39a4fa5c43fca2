"""Recordings of a corpus with their labels: by name, by folder, by a pattern, or by a list."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from utawaku.library.errors import ConfigError
from utawaku.media.folders import media_files

SPEECH, OTHER = 0, 1
MUSAN = ("speech", "music", "noise")
"""Labels that the names of files, or of their folders, begin with by default."""
CACHE = "features"
"""Folder below the corpus that holds features, and no recordings."""
_RULES = "Give --labels folder, a pattern such as '*_speech_*', or a .tsv of path<TAB>label"


@dataclass(frozen=True)
class LabelledSound:
    """A recording with what is in it."""

    path: Path
    name: str
    """Below the corpus, with / between folders."""
    label: str
    is_speech: bool


def labelled_sounds(
    folder: Path, rule: str = "", speech: Sequence[str] = ("speech",)
) -> list[LabelledSound]:
    """Return the recordings of a corpus, in order of their names.

    Args:
        folder: the corpus.
        rule: empty for files, or folders, named as MUSAN's are; `folder` for the first folder below
            the corpus as label; a pattern that names of recordings of speech match (`*` and `?`;
            all others are not speech); or a .tsv of path and label.
        speech: labels that are speech. Empty labels are left out.

    Raises:
        ConfigError: there is no such folder or rule, or one of the classes has no recording.
    """
    if not folder.is_dir():
        raise ConfigError("there is no such folder", subject=str(folder))
    found = list(_labelled(folder, rule, frozenset(speech)))
    if {one.is_speech for one in found} != {True, False}:
        raise ConfigError(
            "there must be speech-* files and music-* or noise-* files"
            if not rule
            else "there must be recordings of speech and others",
            subject=str(folder),
            next_step=f"Name the recordings by what is in them, as MUSAN does. {_RULES}",
        )
    return found


def _labelled(folder: Path, rule: str, speech: frozenset[str]) -> Iterator[LabelledSound]:
    if rule.lower().endswith(".tsv"):
        yield from _listed(folder, Path(rule), speech)
        return
    label_of = _rule(rule)
    for path in _recordings(folder):
        name = path.relative_to(folder).as_posix()
        label = label_of(name)
        if label:
            yield LabelledSound(path, name, label, label in speech or label == _MATCHED)


_MATCHED = "matches"


def _rule(rule: str) -> Callable[[str], str]:
    if not rule:
        return _by_name
    if rule == "folder":
        return lambda name: name.split("/")[0] if "/" in name else ""
    if "*" in rule or "?" in rule:
        # A pattern without folders is one of the file's name, wherever it lies.
        def by_pattern(name: str) -> str:
            seen = name if "/" in rule else name.rsplit("/", 1)[-1]
            return _MATCHED if fnmatchcase(seen, rule) else "other"

        return by_pattern
    raise ConfigError("there is no such rule of labels", subject=rule, next_step=_RULES)


def _by_name(name: str) -> str:
    """The label that the file's name begins with, else that of one of its folders."""
    *folders, file = name.split("/")
    own = file.split("-")[0]
    if own in MUSAN:
        return own
    return next((one for one in folders if one in MUSAN), "")


def _recordings(folder: Path) -> Iterator[Path]:
    """All media files, those also that are empty: that they cannot be read is told."""
    cache = folder / CACHE
    found = {path for path, _stat in media_files(folder)}
    found |= {path for path in folder.iterdir() if _is_empty_sound(path)}
    yield from sorted(path for path in found if cache not in path.parents)


def _is_empty_sound(path: Path) -> bool:
    return path.suffix.lower() in (".wav", ".flac", ".mp3") and path.is_file()


def _listed(folder: Path, table: Path, speech: frozenset[str]) -> Iterator[LabelledSound]:
    """The recordings that a list names, in order of their names."""
    try:
        lines = table.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"the list of labels cannot be read ({error})", subject=str(table), next_step=_RULES
        ) from error
    rows: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, tab, label = line.partition("\t")
        if not tab or not label.strip() or not _is_below(folder, name):
            raise ConfigError(
                f"line {number} is no path below the folder, tab and label",
                subject=str(table),
                next_step=_RULES,
            )
        rows[Path(name).as_posix()] = label.strip()
    for name, label in sorted(rows.items()):
        yield LabelledSound(folder / name, name, label, label in speech)


def _is_below(folder: Path, name: str) -> bool:
    return bool(name) and (folder / name).resolve().is_relative_to(folder.resolve())
