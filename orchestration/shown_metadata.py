"""Metadata of a materialization as the Dagster UI shows it: typed, rounded, with names."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import dagster as dg

from utawaku.library.artefacts import ARTEFACTS, UPSTREAM, with_followers
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.links import at_time
from utawaku.library.records import Song, Stream
from utawaku.library.text import clean_line
from utawaku.library.time_format import clock
from utawaku.models import registry
from utawaku.workflows.ingest import is_address
from utawaku.workflows.model_versions import models_of

SONGS_SHOWN = 100
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+.!|<>~&-])")
_IN_ADDRESSES = ":/?&=%#+,;@~-._"
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
    if stream.recording_path:
        facts["recording"] = dg.MetadataValue.path(stream.recording_path)
    for name in UPSTREAM.get(asset, ()):
        facts[f"made from {name}"] = dg.MetadataValue.asset(dg.AssetKey(name))
    songs = catalogue.songs.of_stream(stream_id)[:SONGS_SHOWN] if asset in _WITH_SONGS else []
    if songs:
        facts["songs"] = _table(songs)
        if is_address(stream.url):
            facts["songs on the site"] = dg.MetadataValue.md(_links(songs, stream))
    return facts


def check_facts(
    catalogue: Catalogue, stream_id: str, result: dg.AssetCheckResult
) -> dg.AssetCheckResult:
    """A check's result with the stream's title and source, and the songs concerned by name."""
    stream = catalogue.streams.get(stream_id)
    facts: dict[str, Any] = {"title": stream.title or stream.id}
    if stream.channel:
        facts["channel"] = stream.channel
    if is_address(stream.url):
        facts["source"] = dg.MetadataValue.url(stream.url)
    told = {name: getattr(one, "value", one) for name, one in (result.metadata or {}).items()}
    named = told.get("songs")
    if isinstance(named, list) and named:
        concerned = {str(song_id) for song_id in named}
        songs = [song for song in catalogue.songs.of_stream(stream_id) if song.id in concerned]
        if songs:
            facts["songs concerned"] = _table(songs[:SONGS_SHOWN])
    return dg.AssetCheckResult(
        passed=result.passed,
        asset_key=result.asset_key,
        check_name=result.check_name,
        severity=result.severity,
        description=result.description,
        metadata={**facts, **typed(told)},
    )


def _table(songs: Sequence[Song]) -> dg.TableMetadataValue:
    return dg.MetadataValue.table(
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


def _links(songs: Sequence[Song], stream: Stream) -> str:
    """Markdown that opens the stream at each song."""
    return "\n".join(
        "- "
        + link(
            f"{clock(song.start_s)} {song.title or 'unknown'}",
            at_time(stream.url, song.start_s),
        )
        for song in songs
    )


def link(text: str, address: str) -> str:
    """Markdown of a link; the text may be other people's words."""
    return f"[{plain(text)}]({quote(address, safe=_IN_ADDRESSES)})"


def plain(text: str) -> str:
    """Text that no Markdown is read in."""
    return _MARKDOWN.sub(r"\\\1", clean_line(text))


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
                "weights source": source_of(known.source.described),
            }
    return facts


def source_of(described: str) -> Any:
    """A link where the words are an address and nothing else."""
    is_link = is_address(described) and " " not in described
    return dg.MetadataValue.url(described) if is_link else described


def typed(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata with paths as paths, and numbers, also inside others, that a person reads."""
    return {name: _typed(name, value) for name, value in metadata.items()}


def _typed(name: str, value: Any) -> Any:
    if isinstance(value, Path) or (isinstance(value, str) and name in ("path", "folder")):
        return dg.MetadataValue.path(str(value))
    return value if isinstance(value, dg.MetadataValue) else _rounded(value)


def _rounded(value: Any) -> Any:
    """The same with every number inside it rounded to thousandths."""
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, Mapping):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return value
