"""State of each artefact of each stream, and the engine that made it."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa

from utawaku.library.records import AssetState
from utawaku.library.schema import asset_states, streams
from utawaku.library.store.connections import Connections, upsert
from utawaku.library.store.stored_times import SLACK_S

OUTDATED = "outdated_by"
"""Key of the metadata that says why an artefact is stale though models and inputs are as they were;
what is made again has none."""
LONGEST_PUT_OFF_S = 2 * 86_400.0
_COLUMNS = [asset_states.c[field.name] for field in fields(AssetState)]


def stale_where(
    asset: str,
    engine_version: str | None,
    *,
    models: Mapping[str, str],
    upstream: Sequence[str],
) -> tuple[sa.FromClause, sa.ColumnElement[bool]]:
    """The tables to look in, and the condition under which an artefact is out of date.

    See `AssetStates.stale` for the arguments.
    """
    made_from = asset_states.c.metadata["inputs"]
    differs: list[sa.ColumnElement[bool]] = [_is_outdated()]
    if engine_version is not None:
        differs.append(asset_states.c.engine_version != engine_version)
    differs += [
        sa.func.coalesce(made_from[name].as_string(), "") != version
        for name, version in models.items()
    ]
    tables: sa.FromClause = asset_states.join(streams, streams.c.id == asset_states.c.stream_id)
    for name in upstream:
        above = asset_states.alias(f"above_{name}")
        tables = tables.outerjoin(
            above,
            sa.and_(
                above.c.stream_id == asset_states.c.stream_id,
                above.c.asset == name,
                above.c.made_at.is_not(None),
            ),
        )
        present = sa.func.coalesce(above.c.metadata["data_version"].as_string(), "")
        differs.append(
            sa.and_(
                above.c.asset.is_not(None),
                sa.func.coalesce(made_from[name].as_string(), "") != present,
            )
        )
    return tables, sa.and_(
        asset_states.c.asset == asset,
        asset_states.c.made_at.is_not(None),
        sa.or_(sa.false(), *differs),
    )


def _is_outdated() -> sa.ColumnElement[bool]:
    """The condition under which an artefact is marked as made by other rules or another clock."""
    return sa.func.coalesce(asset_states.c.metadata[OUTDATED].as_string(), "") != ""


@dataclass(frozen=True)
class Finished:
    """Artefacts finished within a time."""

    n_streams: int
    latest_at: float


class AssetStates:
    """Rows `(stream, asset)`: the last success, and whether an attempt runs or failed since."""

    def __init__(self, catalogue: Connections) -> None:
        self._catalogue = catalogue

    def of(self, stream_id: str) -> dict[str, AssetState]:
        """States of one stream's artefacts by asset name."""
        query = sa.select(*_COLUMNS).where(asset_states.c.stream_id == stream_id)
        with self._catalogue.read() as connection:
            return {row.asset: AssetState(*row) for row in connection.execute(query)}

    def of_streams(self, stream_ids: Collection[str]) -> dict[str, dict[str, AssetState]]:
        """States of some hundred streams' artefacts; of those that have any."""
        query = sa.select(*_COLUMNS).where(asset_states.c.stream_id.in_(stream_ids))
        found: dict[str, dict[str, AssetState]] = {}
        with self._catalogue.read() as connection:
            for row in connection.execute(query):
                found.setdefault(row.stream_id, {})[row.asset] = AssetState(*row)
        return found

    def in_state(self, state: str, *, limit: int | None = None) -> list[AssetState]:
        """All artefacts in this state, the latest first."""
        query = (
            sa.select(*_COLUMNS)
            .where(asset_states.c.state == state)
            .order_by(asset_states.c.started_at.desc())
            .limit(limit)
        )
        with self._catalogue.read() as connection:
            return [AssetState(*row) for row in connection.execute(query)]

    def started(self, stream_id: str, asset: str, *, run_id: str = "") -> None:
        """Work on an artefact begins."""
        self._put(
            stream_id,
            asset,
            state="running",
            progress=0.0,
            message="",
            run_id=run_id,
            started_at=time.time(),
            finished_at=None,
            trouble={},
        )

    def progressed(self, stream_id: str, asset: str, progress: float, message: str) -> None:
        """Work on an artefact goes on."""
        with self._catalogue.write() as connection:
            connection.execute(
                asset_states.update()
                .where(asset_states.c.stream_id == stream_id, asset_states.c.asset == asset)
                .values(progress=progress, message=message)
            )

    def done(
        self,
        stream_id: str,
        asset: str,
        *,
        engine: str,
        engine_version: str,
        model_version: str = "",
        metadata: Mapping[str, Any] | None = None,
        run_id: str = "",
    ) -> None:
        """An artefact is complete."""
        now = time.time()
        self._put(
            stream_id,
            asset,
            state="done",
            progress=1.0,
            message="",
            engine=engine,
            engine_version=engine_version,
            model_version=model_version,
            metadata=dict(metadata or {}),
            made_at=now,
            made_by_run=run_id,
            finished_at=now,
            trouble={},
        )

    def failed(
        self,
        stream_id: str,
        asset: str,
        message: str,
        *,
        exit_code: int = 1,
        error: str = "",
        retry_after_s: float | None = None,
    ) -> None:
        """An artefact could not be made; `message` says why and what to do next.

        What an earlier attempt made stays on record. `error` is the class name in
        `utawaku.library.errors`, from which the next try follows.
        """
        self._put(
            stream_id,
            asset,
            state="failed",
            message=message,
            trouble={"exit_code": exit_code, "error": error, "retry_after_s": retry_after_s},
            finished_at=time.time(),
        )

    def checked(self, stream_id: str, asset: str, failed: Mapping[str, str]) -> None:
        """Note with the last success which of its checks failed (name, what was found)."""
        state = self.of(stream_id).get(asset)
        if state is None or dict(state.metadata.get("failed_checks", {})) == dict(failed):
            return
        told = {**state.metadata, "failed_checks": dict(failed), "n_failed_checks": len(failed)}
        self._put(stream_id, asset, metadata=told)

    def outdate(self, stream_id: str, asset: str, why: str) -> bool:
        """Mark the last success as stale for a reason, or with an empty one as not; whether that
        changed anything."""
        state = self.of(stream_id).get(asset)
        if state is None or str(state.metadata.get(OUTDATED, "")) == why:
            return False
        self._put(stream_id, asset, metadata={**state.metadata, OUTDATED: why})
        return True

    def outdated(self) -> list[AssetState]:
        """Artefacts that are marked as stale for a reason of their own."""
        query = sa.select(*_COLUMNS).where(asset_states.c.made_at.is_not(None), _is_outdated())
        with self._catalogue.read() as connection:
            return [AssetState(*row) for row in connection.execute(query)]

    def with_failed_checks(self, limit: int | None = None) -> list[AssetState]:
        """Artefacts whose last success failed a check, the latest first."""
        query = (
            sa.select(*_COLUMNS)
            .where(
                asset_states.c.made_at.is_not(None),
                asset_states.c.metadata["n_failed_checks"].as_integer() > 0,
            )
            .order_by(asset_states.c.made_at.desc())
            .limit(limit)
        )
        with self._catalogue.read() as connection:
            return [AssetState(*row) for row in connection.execute(query)]

    def stale(
        self,
        asset: str,
        engine_version: str | None,
        *,
        models: Mapping[str, str],
        upstream: Sequence[str],
        dropped: bool,
        stream_id: str = "",
    ) -> list[tuple[str, str]]:
        """Ids of streams whose artefact is out of date, with the model that made it.

        The last success counts, whatever became of an attempt since.

        Args:
            asset: the artefact.
            engine_version: of the present engine; None where any will do.
            models: present data versions by the names that `metadata["inputs"]` holds.
            upstream: artefacts that it is made from; their own `data_version` counts.
            dropped: also streams whose recording was dropped.
            stream_id: only this stream.
        """
        tables, differs = stale_where(asset, engine_version, models=models, upstream=upstream)
        query = (
            sa.select(asset_states.c.stream_id, asset_states.c.model_version)
            .select_from(tables)
            .where(
                differs,
                *([] if dropped else [streams.c.dropped_at.is_(None)]),
                *([asset_states.c.stream_id == stream_id] if stream_id else []),
            )
            .order_by(asset_states.c.made_at, asset_states.c.stream_id)
        )
        with self._catalogue.read() as connection:
            return [(row[0], row[1]) for row in connection.execute(query)]

    def runs(self) -> set[str]:
        """Ids of the runs that made what there is, and of those that worked last on something."""
        query = sa.union(sa.select(asset_states.c.run_id), sa.select(asset_states.c.made_by_run))
        with self._catalogue.read() as connection:
            return set(connection.execute(query).scalars()) - {""}

    def of_run(self, run_id: str) -> list[AssetState]:
        """Return what a run worked on, in the order in which it began."""
        query = (
            sa.select(*_COLUMNS)
            .where(asset_states.c.run_id == run_id)
            .order_by(asset_states.c.started_at)
        )
        with self._catalogue.read() as connection:
            return [AssetState(*row) for row in connection.execute(query)]

    def done_streams(self, asset: str) -> list[str]:
        """Ids of the streams that have a finished artefact."""
        query = sa.select(asset_states.c.stream_id).where(
            asset_states.c.asset == asset, asset_states.c.made_at.is_not(None)
        )
        with self._catalogue.read() as connection:
            return list(connection.execute(query).scalars())

    def finished_since(self, asset: str, moment: float) -> "Finished":
        """Return how many streams got a finished artefact since a moment, and when the latest
        did.
        """
        query = sa.select(sa.func.count(), sa.func.max(asset_states.c.made_at)).where(
            asset_states.c.asset == asset,
            asset_states.c.made_at > moment,
        )
        with self._catalogue.read() as connection:
            n_streams, latest_at = connection.execute(query).one()
        return Finished(n_streams, latest_at or 0.0)

    def put_off(self, asset: str, *, until: float, limit: int) -> list[str]:
        """Ids of streams whose artefact said `retry_at` some time before `until`.

        No service asks to wait for longer than two days: a later time, and one that was written in
        the future, is of a clock that was wrong.
        """
        retry_at = asset_states.c.metadata["retry_at"].as_float()
        query = (
            sa.select(asset_states.c.stream_id)
            .where(
                asset_states.c.asset == asset,
                asset_states.c.state == "done",
                retry_at > 0,
                sa.or_(
                    retry_at <= until,
                    retry_at > until + LONGEST_PUT_OFF_S,
                    asset_states.c.finished_at > until + SLACK_S,
                ),
            )
            .order_by(retry_at)
            .limit(limit)
        )
        with self._catalogue.read() as connection:
            return list(connection.execute(query).scalars())

    def counts(self) -> dict[tuple[str, str], int]:
        """Return how many streams have each asset in each state."""
        query = sa.select(asset_states.c.asset, asset_states.c.state, sa.func.count()).group_by(
            asset_states.c.asset, asset_states.c.state
        )
        with self._catalogue.read() as connection:
            return {(row[0], row[1]): row[2] for row in connection.execute(query)}

    def _put(self, stream_id: str, asset: str, **values: Any) -> None:
        with self._catalogue.write() as connection:
            upsert(connection, asset_states, {"stream_id": stream_id, "asset": asset}, values)
