"""Overview of all streams: states of many at once, and the engines that made them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa

from utawaku.library.artefacts import ARTEFACTS, UPSTREAM
from utawaku.library.records import AssetState, Stream
from utawaku.library.schema import asset_states, streams
from utawaku.library.store.assets import _COLUMNS, stale_where
from utawaku.library.store.connections import Connections


@dataclass(frozen=True)
class StreamStates:
    """A stream with the states of its artefacts by name."""

    stream: Stream
    states: dict[str, AssetState]


class PresentVersion(Protocol):
    """The present version of an artefact: `utawaku.library.staleness.Version`."""

    @property
    def engine_version(self) -> str | None:
        """Of our code; None where any will do."""
        ...

    @property
    def models(self) -> Mapping[str, str]:
        """Data versions by name."""
        ...


@dataclass(frozen=True)
class Maker:
    """An engine and model that made one kind of artefact, with the number of streams."""

    asset: str
    engine: str
    engine_version: str
    model_version: str
    n_streams: int
    newest_at: float
    n_stale: int | None
    """Streams among them that are out of date and can be made again; None where that is not known.
    """


class Overview:
    """For the pipeline screen."""

    def __init__(self, catalogue: Connections) -> None:
        self._catalogue = catalogue

    def states_of(self, found: Sequence[Stream]) -> list[StreamStates]:
        """The streams with their states."""
        by_stream: dict[str, dict[str, AssetState]] = {stream.id: {} for stream in found}
        ids = list(by_stream)
        with self._catalogue.read() as connection:
            for at in range(0, len(ids), 500):
                query = sa.select(*_COLUMNS).where(asset_states.c.stream_id.in_(ids[at : at + 500]))
                for row in connection.execute(query):
                    by_stream[row.stream_id][row.asset] = AssetState(*row)
        return [StreamStates(stream, by_stream[stream.id]) for stream in found]

    def makers(self, present: Mapping[str, PresentVersion]) -> list[Maker]:
        """Versions by artefact, the newest first; `present` tells which of them are stale."""
        columns = (
            asset_states.c.engine,
            asset_states.c.engine_version,
            asset_states.c.model_version,
        )
        latest = sa.func.max(asset_states.c.made_at)
        found: list[Maker] = []
        with self._catalogue.read() as connection:
            for asset in ARTEFACTS:
                version = present.get(asset)
                tables, is_stale = stale_where(
                    asset,
                    version.engine_version if version else None,
                    models=version.models if version else {},
                    upstream=UPSTREAM[asset],
                )
                counted = sa.and_(is_stale, streams.c.dropped_at.is_(None))
                n_stale = sa.func.sum(sa.case((counted, 1), else_=0))
                query = (
                    sa.select(*columns, sa.func.count(), latest, n_stale)
                    .select_from(tables)
                    .where(asset_states.c.asset == asset, asset_states.c.made_at.is_not(None))
                    .group_by(*columns)
                    .order_by(latest.desc())
                )
                found += [
                    Maker(asset, engine, code, model, n_streams, at, int(n) if version else None)
                    for engine, code, model, n_streams, at, n in connection.execute(query)
                ]
        return found

    def n_recorded_since(self, moment: float) -> int:
        """Recordings that were downloaded since a moment; local files count against no quota."""
        query = (
            sa.select(sa.func.count())
            .select_from(asset_states)
            .join(streams, streams.c.id == asset_states.c.stream_id)
            .where(
                asset_states.c.asset == "recordings",
                asset_states.c.made_at.is_not(None),
                asset_states.c.made_at >= moment,
                # Not by the site: what lies beside a file may name the one it came from.
                streams.c.url.startswith("http"),
            )
        )
        with self._catalogue.read() as connection:
            return int(connection.execute(query).scalar_one())
