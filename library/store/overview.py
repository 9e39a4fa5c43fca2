"""Overview of all streams: states of many at once, and the engines that made them."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from utawaku.library.records import AssetState, Stream
from utawaku.library.schema import asset_states, streams
from utawaku.library.store.assets import _COLUMNS
from utawaku.library.store.connections import Connections


@dataclass(frozen=True)
class StreamStates:
    """A stream with the states of its artefacts by name."""

    stream: Stream
    states: dict[str, AssetState]


@dataclass(frozen=True)
class Maker:
    """An engine and model that made one kind of artefact, with the number of streams."""

    asset: str
    engine: str
    engine_version: str
    model_version: str
    n_streams: int
    newest_at: float
    is_newest: bool
    """False when a later artefact of this kind was made by another version."""


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

    def makers(self) -> list[Maker]:
        """Versions by artefact, the newest first."""
        columns = (
            asset_states.c.asset,
            asset_states.c.engine,
            asset_states.c.engine_version,
            asset_states.c.model_version,
        )
        query = (
            sa.select(*columns, sa.func.count(), sa.func.max(asset_states.c.finished_at))
            .where(asset_states.c.state == "done")
            .group_by(*columns)
        )
        with self._catalogue.read() as connection:
            rows = [tuple(row) for row in connection.execute(query)]
        rows.sort(key=lambda row: (row[0], -(row[5] or 0.0)))
        makers = []
        seen: set[str] = set()
        for asset, engine, version, model, n, newest_at in rows:
            makers.append(
                Maker(asset, engine, version, model, n, newest_at or 0.0, asset not in seen)
            )
            seen.add(asset)
        return makers

    def n_recorded_since(self, moment: float) -> int:
        """Recordings that were fetched since a moment."""
        query = (
            sa.select(sa.func.count())
            .select_from(asset_states)
            .join(streams, streams.c.id == asset_states.c.stream_id)
            .where(
                asset_states.c.asset == "recordings",
                asset_states.c.state == "done",
                asset_states.c.finished_at >= moment,
                streams.c.site != "file",
            )
        )
        with self._catalogue.read() as connection:
            return int(connection.execute(query).scalar_one())
