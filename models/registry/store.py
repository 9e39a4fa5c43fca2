"""The weights on this machine: fetch, verify, convert, cache, find again."""

import importlib
import json
import pkgutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from utawaku.library.errors import NotFoundError, WeightsCorruptError, WeightsMissingError
from utawaku.library.files import atomic_path
from utawaku.library.progress import Progress, part, silent
from utawaku.models.registry import entries
from utawaku.models.registry.entry import RawFile, Weights, WeightsStatus
from utawaku.models.registry.sources import sha256_of


@cache
def table() -> dict[str, Weights]:
    """All entries by name: every module of `models.registry.entries` adds its own `ENTRIES`."""
    found: dict[str, Weights] = {}
    for module in pkgutil.iter_modules(entries.__path__):
        for weights in importlib.import_module(f"{entries.__name__}.{module.name}").ENTRIES:
            if weights.name in found:
                raise ValueError(f"two entries are named {weights.name}")
            found[weights.name] = weights
    return found


def entry(name: str) -> Weights:
    """The entry called `name`.

    Raises:
        NotFoundError: there is none.
    """
    try:
        return table()[name]
    except KeyError:
        raise NotFoundError(
            "no weights have this name",
            subject=name,
            next_step=f"Known are: {', '.join(sorted(table()))}",
        ) from None


def default_names() -> list[str]:
    """Names that the default chain of engines needs."""
    return [name for name, weights in table().items() if weights.default]


def status(weights_dir: Path) -> list[WeightsStatus]:
    """Return what is here and what is not; reads no weights and fetches nothing."""
    rows = []
    for weights in table().values():
        note = _read_note(weights, weights_dir)
        file = weights_dir / weights.file_name
        present = note is not None and file.is_file()
        rows.append(
            WeightsStatus(
                name=weights.name,
                purpose=weights.purpose,
                present=present,
                n_bytes=file.stat().st_size if present else weights.raw_bytes,
                licence=weights.licence,
                source=weights.described,
                path=str(file),
                version=note["sha256"] if present and note else "",
                default=weights.default,
            )
        )
    return rows


def path(name: str, weights_dir: Path) -> Path:
    """The converted file, verified; fetches nothing.

    Raises:
        WeightsMissingError: not here (says where to get it and where to put it).
        WeightsCorruptError: here, but not as it was written.
    """
    weights = entry(name)
    file = weights_dir / weights.file_name
    note = _read_note(weights, weights_dir)
    if note is None or not file.is_file():
        raise _missing(weights, weights_dir, "not on this machine")
    if sha256_of(file) != note["sha256"]:
        raise WeightsCorruptError(
            "the file has changed since it was made (its sha256 differs)",
            subject=str(file),
            next_step=f"Make it again with `utawaku models pull {name}`",
        )
    return file


def is_here(name: str, weights_dir: Path) -> bool:
    """Return whether the weights were fetched and converted; reads none."""
    weights = entry(name)
    return (
        _read_note(weights, weights_dir) is not None and (weights_dir / weights.file_name).is_file()
    )


def expected_version(name: str, weights_dir: Path) -> str:
    """Version of what the registry would load: of the file that is here, else of that to fetch."""
    note = _read_note(entry(name), weights_dir)
    return str(note["sha256"]) if note is not None else entry(name).expected_version


def version(name: str, weights_dir: Path) -> str:
    """sha256 of the converted file: the data version of everything made with it.

    Raises:
        WeightsMissingError: see `path`.
    """
    weights = entry(name)
    note = _read_note(weights, weights_dir)
    if note is None:
        raise _missing(weights, weights_dir, "not on this machine")
    return str(note["sha256"])


def pull(name: str, weights_dir: Path, *, progress: Progress = silent, brief: bool = False) -> Path:
    """Make sure the weights are here: fetch, verify, convert and cache them; returns their path.

    What is here and sound is kept; a damaged file is made again. Safe to call from several
    processes: each works in its own folder and the last rename wins with the same bytes. With
    `brief` each source is asked once and for seconds only (`registry.entry.Source`).

    Raises:
        WeightsMissingError: they cannot be had; says where to get them and where to put them.
        WeightsCorruptError: what came is not what was published.
    """
    weights = entry(name)
    try:
        here = path(name, weights_dir)
    except (WeightsMissingError, WeightsCorruptError):
        here = None
    if here is not None:
        progress(1.0, "here already")
        return here
    weights_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".utawaku-pull-", dir=weights_dir) as folder:
        share = part(progress, 0.0, 0.9)
        raw, origin = fetch_raw(weights, weights_dir, Path(folder), share, brief=brief)
        converted = raw
        if origin.convert is not None:
            progress(0.92, "converting")
            converted = Path(folder) / weights.file_name
            origin.convert(raw, converted)
        _keep(weights, weights_dir, converted, origin)
    progress(1.0, "ready")
    return weights_dir / weights.file_name


def fetch_raw(
    weights: Weights,
    weights_dir: Path,
    folder: Path,
    progress: Progress = silent,
    *,
    brief: bool = False,
) -> tuple[Path, RawFile]:
    """Fetch a published file of the weights into `folder`, verified: its path and its origin.

    A file that was placed by hand in `weights_dir` is used before any address is asked.

    Raises:
        WeightsMissingError: no source answers; WeightsCorruptError: what came is not what was
            published.
    """
    raw = folder / "raw"
    first: WeightsMissingError | WeightsCorruptError | None = None
    by_hand = sorted(
        weights.raw_files, key=lambda one: not (weights_dir / one.source.placeable).is_file()
    )
    for origin in by_hand:
        try:
            origin.source.fetch(raw, weights_dir, progress, brief=brief)
            if raw.stat().st_size != origin.n_bytes or sha256_of(raw) != origin.sha256:
                raise WeightsCorruptError(
                    "what was fetched is not what was published (its sha256 differs)",
                    subject=origin.source.described,
                    next_step="Try again; if it stays so, do not use this source",
                )
        except WeightsMissingError as error:
            first = first or error
            continue
        except WeightsCorruptError as error:
            if (weights_dir / origin.source.placeable).is_file():
                raise  # whoever put it there wants to know
            first = first or error
            continue
        return raw, origin
    if isinstance(first, WeightsCorruptError):
        raise first
    why = first.problem if first is not None else "no source is known"
    raise _missing(weights, weights_dir, why) from first


def _keep(weights: Weights, weights_dir: Path, converted: Path, origin: RawFile) -> None:
    """Put the file in place, then the note that vouches for it."""
    note = {
        "sha256": sha256_of(converted),
        "raw_sha256": origin.sha256,
        "converter_version": weights.converter_version,
        "licence": weights.licence,
        "source": origin.source.described,
    }
    with atomic_path(weights_dir / weights.file_name) as temporary:
        temporary.write_bytes(converted.read_bytes())
    with atomic_path(_note_path(weights, weights_dir)) as temporary:
        temporary.write_text(json.dumps(note, indent=1), encoding="utf-8")


def _note_path(weights: Weights, weights_dir: Path) -> Path:
    return weights_dir / f"{weights.file_name}.json"


def _read_note(weights: Weights, weights_dir: Path) -> dict[str, Any] | None:
    """The note beside a converted file, or None where it is not there or of an older converter."""
    try:
        note = json.loads(_note_path(weights, weights_dir).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(note, dict) or "sha256" not in note:
        return None
    is_current = note.get("converter_version") == weights.converter_version and any(
        note.get("raw_sha256") == raw.sha256 for raw in weights.raw_files
    )
    return note if is_current else None


def _missing(weights: Weights, weights_dir: Path, why: str) -> WeightsMissingError:
    placeable = " or ".join(raw.source.placeable for raw in weights.raw_files)
    return WeightsMissingError(
        f"weights are needed and {why}",
        subject=weights.name,
        next_step=(
            f"With a connection, `utawaku models pull {weights.name}` fetches them from: "
            f"{weights.described}. Without one, put {placeable} into "
            f"{weights_dir} and run it again"
        ),
    )
