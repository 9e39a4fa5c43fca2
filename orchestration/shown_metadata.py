"""Metadata of a materialization as the Dagster UI shows it: typed, rounded, with names."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg

from utawaku.library.artefacts import ARTEFACTS, with_followers
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.time_format import clock
from utawaku.models import registry
from utawaku.workflows.ingest import is_address
from utawaku.workflows.model_versions import models_of

SONGS_SHOWN = 100
_WITH_SONGS = with_followers({"songs"})


def stream_facts(catalogue: Catalogue, stream_id: str, asset: str) -> dict[str, Any]:
    """Title, channel and address of a stream; its songs with their files, where there are some."""
    stream = catalogue.streams.get(stream_id)
    facts: dict[str, Any] = {"title": stream.title or stream.id}
    if stream.channel:
        facts["channel"] = stream.channel
    if stream.url:
        facts["source"] = (
            dg.MetadataValue.url(stream.url)
            if is_address(stream.url)
            else dg.MetadataValue.path(stream.url)
        )
    songs = catalogue.songs.of_stream(stream_id)[:SONGS_SHOWN] if asset in _WITH_SONGS else []
    if songs:
        facts["songs"] = dg.MetadataValue.table(
            [
                dg.TableRecord(
                    {
                        "start": clock(song.start_s),
                        "length": clock(song.duration_s),
                        "title": song.title,
                        "artist": song.artist,
                        "file": song.file_path,
                        "id": song.id,
                    }
                )
                for song in songs
            ]
        )
    return facts


def model_facts(asset: str, settings: Settings) -> dict[str, Any]:
    """Engine, licence and source of the weights that make an artefact."""
    facts: dict[str, Any] = {}
    if asset not in ARTEFACTS:
        return facts
    for model in models_of([asset]):
        name = model.weights(settings) if model.weights is not None else ""
        if name:
            known = registry.entry(name)
            facts |= {
                "weights": name,
                "weights licence": known.licence,
                "weights source": known.source.described,
            }
    return facts


def typed(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata with paths as paths, and numbers of a length that a person reads."""
    return {name: _typed(name, value) for name, value in metadata.items()}


def _typed(name: str, value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, Path) or (isinstance(value, str) and name in ("path", "folder")):
        return dg.MetadataValue.path(str(value))
    return value
