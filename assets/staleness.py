"""Which streams were made by an older model or engine than the present one."""

from dataclasses import dataclass

from assets import embeddings, highlights, library_files, segments, songs
from assets.due import CHAIN
from library.catalogue import Catalogue
from library.config import Settings
from library.errors import WeightsMissingError
from models import registry


@dataclass(frozen=True)
class Stale:
    """A stream, and its first artefact that is out of date; what follows comes along."""

    stream_id: str
    asset: str
    model_version: str
    """The one that made it."""


@dataclass(frozen=True)
class Version:
    """What makes an artefact at present; None where that cannot be told or does not matter."""

    engine_version: str
    model_version: str | None


def present_versions(settings: Settings) -> dict[str, Version]:
    """Engine and model version of each artefact of the chain that a model update can change."""
    try:
        model = registry.version(settings.segments.engine, settings.weights_dir)
    except WeightsMissingError:
        model = None  # nothing was ever made with weights that are not here
    return {
        "segments": Version(segments.ENGINE_VERSION, model),
        "songs": Version(songs.VERSION, model),
        "library_files": Version(library_files.CODE_VERSION, None),
        "highlights": Version(highlights.CODE_VERSION, None),
        "embeddings": Version(embeddings.ENGINE_VERSION, None),
    }


def stale_streams(catalogue: Catalogue, settings: Settings, asset: str = "") -> list[Stale]:
    """Streams with an artefact of another version, each once, with the first such artefact.

    Left out are streams whose recording was dropped: there is nothing to make them from.

    Args:
        catalogue: where the versions are kept.
        settings: which engines are wanted.
        asset: only this artefact.
    """
    found: dict[str, Stale] = {}
    versions = present_versions(settings)
    for name in CHAIN:
        version = versions.get(name)
        if version is None or asset not in ("", name):
            continue
        for stream_id, made_by in catalogue.assets.of_other_versions(
            name, version.engine_version, version.model_version
        ):
            found.setdefault(stream_id, Stale(stream_id, name, made_by))
    return list(found.values())
