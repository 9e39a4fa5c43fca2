"""The runs that serve requests: which may start now, and the job of each kind of request."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

import dagster as dg

from utawaku.jobs import playlists, stems, taste
from utawaku.jobs.ingest import checks_of, ingest_stream, resolve_run
from utawaku.jobs.submissions import publish_submissions
from utawaku.library.catalogue import Catalogue
from utawaku.library.cluster import is_cluster
from utawaku.library.config import Settings
from utawaku.library.errors import ConfigError, NotFoundError, PlaylistError, RequestError
from utawaku.library.hosts import served_queues
from utawaku.library.records import Request, Stream
from utawaku.library.requests import (
    COMMAND,
    AnyRequest,
    Follow,
    Ingest,
    IngestStream,
    Label,
    LaySetlist,
    MakePlaylist,
    RecheckLength,
    Recut,
    Rematerialize,
    RematerializeStream,
    Retag,
    Separate,
    SeparatePieces,
    Train,
    Unfollow,
    Upload,
    read_request,
)
from utawaku.orchestration.drain_lease import mark_of
from utawaku.orchestration.partitions import add_partitions
from utawaku.orchestration.pending_assets import pending_assets
from utawaku.orchestration.run_outcomes import stream_of
from utawaku.orchestration.run_tags import (
    ASKED_BY_TAG,
    ASKED_FOR_TAG,
    BATCH_TAG,
    DOWNLOAD_TAG,
    FETCH_AGAIN_TAG,
    GPU_QUEUE,
    PRIORITY_TAG,
    QUEUE_PRIORITY_TAG,
    QUEUE_TAG,
    REQUEST_TAG,
    TAKE_INCOMPLETE_TAG,
    TITLE_TAG,
)
from utawaku.services.rate_limits import (
    WaitReason,
    wait_before_download,
    wait_before_request,
    wait_before_work,
)
from utawaku.workflows.ingest import is_address

BATCH = 20
"""Runs started in one tick; a tick has 60 s."""
MAX_OPEN_RUNS = 12
"""Runs of ours that may be queued or going; the rest waits in the catalogue, where new requests of
the user overtake it."""
MAX_OPEN_DOWNLOADS = 2
"""One fetches (pool `download`), one stands ready; so quotas and cooldowns are looked at in
time."""
LOOK_UPS = (Ingest, RecheckLength)
"""Kinds that go together into one run."""
BACKGROUND_KINDS = (IngestStream, *LOOK_UPS)
"""Origins of the requests that subscriptions file; for every other a person waits."""
IN_THE_TICK = (Follow, Unfollow, LaySetlist, Rematerialize, RematerializeStream)
"""Kinds that the tick itself serves, without a run."""
BUSY_S = 30.0
OPEN_STATUSES = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]

Waiting = tuple[Request, AnyRequest]
"""A row of the queue, and what it asks for."""


@dataclass
class RequestedRuns:
    """One look at the queue."""

    instance: dg.DagsterInstance
    catalogue: Catalogue
    settings: Settings
    now: float
    busy: set[str]
    """Streams of requests that run now: never two runs on one stream."""
    n_open: int
    n_downloads: int
    recorded: set[str]
    """Streams whose recording was fetched."""
    queues: set[str]
    """Queues that workers of a cluster serve now."""
    no_room: WaitReason | None
    """The disk is full: whatever is made by a run waits."""

    @classmethod
    def begin(
        cls, instance: dg.DagsterInstance, catalogue: Catalogue, settings: Settings
    ) -> "RequestedRuns":
        """Count what goes on already."""
        running = catalogue.requests.running()
        open_runs = instance.get_runs(dg.RunsFilter(statuses=OPEN_STATUSES))
        return cls(
            instance=instance,
            catalogue=catalogue,
            settings=settings,
            now=time.time(),
            busy={stream_of(request) for request in running},
            n_open=len({request.run_id for request in running}),
            n_downloads=sum(DOWNLOAD_TAG in run.tags for run in open_runs),
            recorded=set(catalogue.assets.done_streams("recordings")),
            queues=served_queues(catalogue),
            no_room=wait_before_work(settings, time.time()),
        )

    def runs(self) -> Iterator[dg.RunRequest]:
        """Runs to start now; what they serve is claimed."""
        waiting = self._readable(self.catalogue.requests.waiting(now=self.now))
        waiting.sort(key=self._place)
        n_started = 0
        look_ups = [pair for pair in waiting if isinstance(pair[1], LOOK_UPS)]
        for request, wanted in waiting:
            if n_started >= BATCH:
                return
            if isinstance(wanted, LOOK_UPS):
                run = self._look_up(look_ups)
                look_ups = []
            elif self.n_open >= MAX_OPEN_RUNS and isinstance(wanted, BACKGROUND_KINDS):
                continue
            else:
                run = self._run_for(request, wanted)
            if run is not None:
                n_started += 1
                self.n_open += 1
                yield run

    def _place(self, pair: Waiting) -> tuple[bool, bool, int]:
        """Order of the queue: in a cluster what was interrupted, then what a person waits for."""
        request, wanted = pair
        goes_on = is_cluster(self.settings) and request.attempts > 0
        return not goes_on, _is_in_the_background(request, wanted), request.id

    def _readable(self, rows: Sequence[Request]) -> list[Waiting]:
        """Rows with what they ask for; those that this version cannot read are failed."""
        found: list[Waiting] = []
        for row in rows:
            try:
                found.append((row, read_request(row)))
            except (RequestError, ConfigError, PlaylistError) as error:
                self.catalogue.requests.fail(row.id, str(error))
        return found

    def _run_for(self, request: Request, wanted: AnyRequest) -> dg.RunRequest | None:
        try:
            if isinstance(wanted, Retag | Separate):
                self.catalogue.songs.get(wanted.song_id)  # one that is gone need not wait
            if stream_of(request) in self.busy:
                return None
            if self.no_room is not None and not isinstance(wanted, IN_THE_TICK):
                self.catalogue.requests.wait(request.id, self.no_room.until, self.no_room.reason)
                return None
            run = self._make(request, wanted)
        except NotFoundError as error:
            self.catalogue.requests.fail(request.id, str(error))
            return None
        if run is None or not self.catalogue.requests.claim(request.id, run_id=self._mark(request)):
            return None
        self.busy.add(stream_of(request))
        return run.with_replaced_attrs(
            run_key=_key(request),
            tags={
                **run.tags,
                **self._queue_of(wanted),
                **(_priority(request, wanted) if is_cluster(self.settings) else {}),
                **_asked(request, wanted, self._title_of(request)),
                BATCH_TAG: self._mark(request),
                REQUEST_TAG: str(request.id),
            },
        )

    def _queue_of(self, wanted: AnyRequest) -> dict[str, str]:
        """Send what needs a GPU most to the workers that serve its queue, where there are any."""
        needs_gpu = isinstance(wanted, Separate | SeparatePieces)
        return {QUEUE_TAG: GPU_QUEUE} if needs_gpu and GPU_QUEUE in self.queues else {}

    def _mark(self, request: Request) -> str:
        return f"{request.id}-{request.attempts}{mark_of(self.instance)}"

    def _title_of(self, request: Request) -> str:
        stream = self.catalogue.streams.find(stream_of(request))
        return stream.title if stream else ""

    def _make(self, request: Request, wanted: AnyRequest) -> dg.RunRequest | None:
        """The run that serves a request; None where it has to wait, or needs no run."""
        match wanted:
            case IngestStream() | Recut():
                return self._ingest(request, wanted)
            case Retag(song_id=song_id):
                stream_id = self.catalogue.songs.get(song_id).stream_id
                return self._ingest(
                    request, IngestStream(stream_id=stream_id, again=("library_files",))
                )
            case Label():
                return self._label(request, stream_of(request))
            case Upload():
                # The submission is queued already: this only saves the wait for its own sensor.
                return dg.RunRequest(job_name=publish_submissions.name)
            case Separate():
                return self._separate(wanted)
            case SeparatePieces():
                return self._separate_pieces(request, wanted)
            case Train():
                return taste.train_run()
            case MakePlaylist():
                return playlists.run_of(request)
            case Follow() | Unfollow() | LaySetlist() | Rematerialize() | RematerializeStream():
                return None
            case Ingest() | RecheckLength():
                return None
            case _:
                assert_never(wanted)

    def _look_up(self, waiting: Sequence[Waiting]) -> dg.RunRequest | None:
        """One run asks the pages of many streams: starting a run costs more than the question."""
        allowed = [request for request, wanted in waiting if not self._must_wait(request, wanted)]
        allowed = allowed[:BATCH]
        if not allowed:
            return None
        mark = self._mark(allowed[0])
        claimed = [
            request.id
            for request in allowed
            if self.catalogue.requests.claim(request.id, run_id=mark)
        ]
        if not claimed:
            return None
        return resolve_run(claimed).with_replaced_attrs(
            run_key=_key(allowed[0]),
            tags={
                BATCH_TAG: mark,
                ASKED_BY_TAG: ", ".join(sorted({one.asked_by or "request" for one in allowed})),
                ASKED_FOR_TAG: "resolve addresses",
            },
        )

    def _must_wait(self, request: Request, wanted: AnyRequest) -> bool:
        if self.no_room is not None:
            self.catalogue.requests.wait(request.id, self.no_room.until, self.no_room.reason)
            return True
        url = wanted.target
        if isinstance(wanted, RecheckLength):
            stream = self.catalogue.streams.find(wanted.stream_id)
            url = stream.url if stream else ""
        wait_reason = (
            wait_before_request(url, self.catalogue, self.now) if is_address(url) else None
        )
        if wait_reason is not None:
            self.catalogue.requests.wait(request.id, wait_reason.until, wait_reason.reason)
        return wait_reason is not None

    def _must_wait_for_another(self, request: Request, stream: Stream) -> bool:
        """Return whether a command or run works on the stream; then the request waits for it."""
        locked = self.catalogue.leases.is_held(stream.id)
        if locked:
            reason = "another utawaku works on this stream"
            self.catalogue.requests.wait(request.id, self.now + BUSY_S, reason)
        return locked

    def _ingest(self, request: Request, wanted: IngestStream | Recut) -> dg.RunRequest | None:
        """Make what is pending of a stream, when its site may be asked and nobody else works."""
        requests = self.catalogue.requests
        stream = self.catalogue.streams.get(wanted.stream_id)
        web = is_address(stream.url)
        if web and stream.id not in self.recorded and self.n_downloads >= MAX_OPEN_DOWNLOADS:
            return None
        if self._must_wait_for_another(request, stream):
            return None
        due = pending_assets(
            stream,
            self.catalogue,
            self.settings,
            again=wanted.again,
            models=isinstance(wanted, IngestStream) and not wanted.again,
        )
        if not due:
            if requests.claim(request.id, run_id=self._mark(request)):
                requests.finish(request.id, message="already done")
            return None
        tags: dict[str, str] = {}
        if "recordings" in due and web:
            if self.n_downloads >= MAX_OPEN_DOWNLOADS:
                return None
            wait_reason = wait_before_download(stream.url, self.catalogue, self.settings, self.now)
            if wait_reason is not None:
                requests.wait(request.id, wait_reason.until, wait_reason.reason)
                return None
            self.n_downloads += 1
            tags = _download_tags(stream, wanted)
        add_partitions(self.instance, [stream.id])
        return dg.RunRequest(
            job_name=ingest_stream.name,
            partition_key=stream.id,
            asset_selection=[dg.AssetKey(name) for name in due],
            asset_check_keys=checks_of(due),
            tags=tags,
        )

    def _label(self, request: Request, stream_id: str) -> dg.RunRequest | None:
        """Look for labels again, waiting for Shazam's rate limit."""
        run = self._ingest(request, IngestStream(stream_id=stream_id, again=("labels",)))
        if run is None:
            return None
        config = {"ops": {"labels": {"config": {"wait_for_rate_limit": True}}}}
        return run.with_replaced_attrs(run_config=config)

    def _separate(self, wanted: Separate) -> dg.RunRequest:
        song = self.catalogue.songs.get(wanted.song_id)
        add_partitions(self.instance, [song.stream_id])
        return stems.stems_run(song)

    def _separate_pieces(self, request: Request, wanted: SeparatePieces) -> dg.RunRequest | None:
        stream = self.catalogue.streams.get(wanted.stream_id)
        if self._must_wait_for_another(request, stream):
            return None
        add_partitions(self.instance, [stream.id])
        return stems.pieces_run(wanted)


def _download_tags(stream: Stream, wanted: IngestStream | Recut) -> dict[str, str]:
    tags = {DOWNLOAD_TAG: stream.site}
    if isinstance(wanted, IngestStream) and wanted.take_incomplete:
        tags[TAKE_INCOMPLETE_TAG] = "yes"
    if "recordings" in wanted.again:
        tags[FETCH_AGAIN_TAG] = "yes"
    return tags


def _asked(request: Request, wanted: AnyRequest, title: str) -> dict[str, str]:
    """Tags that tell a person who asked for the run, for what, and for which stream."""
    again = getattr(wanted, "again", ())
    what = f"{request.kind} {', '.join(again)}".strip()
    if (part_of := getattr(wanted, "rematerialize", None)) is not None:
        what += f", part of rematerialize {part_of}"
    by = request.asked_by or "request"
    return {ASKED_BY_TAG: by, ASKED_FOR_TAG: what} | ({TITLE_TAG: title} if title else {})


def _priority(request: Request, wanted: AnyRequest) -> dict[str, str]:
    """Let what was interrupted go on first, then what a person waits for."""
    if request.attempts:
        return {PRIORITY_TAG: "1", QUEUE_PRIORITY_TAG: "0"}
    return {QUEUE_PRIORITY_TAG: "6" if _is_in_the_background(request, wanted) else "3"}


def _is_in_the_background(request: Request, wanted: AnyRequest) -> bool:
    """Return whether nobody waits for it; a command that ingests follows its request."""
    watched = request.asked_by == COMMAND and getattr(wanted, "rematerialize", None) is None
    return isinstance(wanted, BACKGROUND_KINDS) and not watched


def _key(request: Request) -> str:
    """Dagster starts a run of one key only once, so a tick that is done twice does no harm."""
    return f"request-{request.id}-{request.attempts}-{request.created_at:.3f}"
