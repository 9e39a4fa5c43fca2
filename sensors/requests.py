"""Drains what the screen, the command line and followed channels asked for into runs."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import dagster as dg
from filelock import FileLock, Timeout

from utawaku.jobs.ingest import ingest_stream, take_in_source
from utawaku.jobs.playlists import make_playlists
from utawaku.jobs.playlists import run_of as playlist_of
from utawaku.jobs.stems import pieces_run_of, separate_pieces, separate_songs
from utawaku.jobs.stems import run_of as separation_of
from utawaku.jobs.submissions import publish_submissions
from utawaku.jobs.taste import run_of as training_of
from utawaku.jobs.taste import train_taste_job
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import NotFoundError
from utawaku.library.records import Request, Stream
from utawaku.orchestration.model_versions import unrecorded
from utawaku.orchestration.orphaned_runs import close_dead_runs
from utawaku.orchestration.partitions import add_partitions
from utawaku.orchestration.pending_assets import due_assets
from utawaku.orchestration.rematerialize import advance_rematerializations
from utawaku.orchestration.resources import LibraryResource
from utawaku.orchestration.run_outcomes import BATCH_TAG, settle
from utawaku.orchestration.run_tags import FETCH_AGAIN_TAG, TAKE_INCOMPLETE_TAG
from utawaku.orchestration.synchronous_requests import serve_at_once
from utawaku.services.rate_limits import (
    Hindrance,
    hindrance_to_asking,
    hindrance_to_download,
    hindrance_to_work,
)
from utawaku.workflows.ingest import is_address

INTERVAL_S = 5
BATCH = 20
"""Runs started in one tick; a tick has 60 s."""
MAX_OPEN_RUNS = 12
"""Runs of ours that may be queued or going; the rest waits in the catalogue, where new requests of
the user overtake it."""
MAX_OPEN_DOWNLOADS = 2
"""One fetches (pool `download`), one stands ready; so budgets and rests are looked at in time."""
DOWNLOAD_TAG = "utawaku/download"
SONG_KINDS = ("retag", "separate")
"""Their target is a song."""
PATIENT_KINDS = ("ingest_stream", "ingest", "look_again")
"""What followed channels ask for; everything else is somebody waiting."""
BUSY_S = 30.0
OPEN_STATUSES = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]


@dg.sensor(
    jobs=[
        ingest_stream,
        take_in_source,
        publish_submissions,
        separate_songs,
        separate_pieces,
        train_taste_job,
        make_playlists,
    ],
    minimum_interval_seconds=INTERVAL_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def drain_requests(
    context: dg.SensorEvaluationContext, library: LibraryResource
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Start runs for waiting requests, once each, as far as sites and settings allow."""
    catalogue, settings = library.catalogue, library.settings
    close_dead_runs(context.instance)
    settle(context.instance, catalogue, settings)
    advance_rematerializations(catalogue, settings)
    serve_at_once(library)
    drain = _Drain.begin(context.instance, catalogue, settings)
    n_started = 0
    for run in drain.runs():
        n_started += 1
        yield run
    if not n_started:
        n_waiting = catalogue.requests.count("queued")
        yield dg.SkipReason(
            f"{n_waiting} request(s) wait" if n_waiting else "nothing was asked for"
        )


@dataclass
class _Drain:
    """One look at the queue."""

    instance: dg.DagsterInstance
    catalogue: Catalogue
    settings: Settings
    now: float
    busy: set[str]
    """Targets of requests that run now: never two runs on one stream."""
    n_open: int
    n_downloads: int
    recorded: set[str]
    """Streams whose recording was fetched."""
    no_room: Hindrance | None
    """The disk is full: whatever is made by a run waits."""

    @classmethod
    def begin(
        cls, instance: dg.DagsterInstance, catalogue: Catalogue, settings: Settings
    ) -> "_Drain":
        """Count what goes on already."""
        running = catalogue.requests.running()
        open_runs = instance.get_runs(dg.RunsFilter(statuses=OPEN_STATUSES))
        return cls(
            instance=instance,
            catalogue=catalogue,
            settings=settings,
            now=time.time(),
            busy={_stream_of(request) for request in running},
            n_open=len({request.run_id for request in running}),
            n_downloads=sum(DOWNLOAD_TAG in run.tags for run in open_runs),
            recorded=set(catalogue.assets.done_streams("recordings")),
            no_room=hindrance_to_work(settings, time.time()),
        )

    def runs(self) -> Iterator[dg.RunRequest]:
        """Runs to start now; what they serve is claimed."""
        waiting = self.catalogue.requests.waiting(now=self.now)
        waiting.sort(key=lambda request: (request.kind in PATIENT_KINDS, request.id))
        n_started = 0
        lookups = [request for request in waiting if request.kind in ("ingest", "look_again")]
        for request in waiting:
            if n_started >= BATCH:
                return
            if request.kind in ("ingest", "look_again"):
                run = self._look_up(lookups)
                lookups = []
            elif self.n_open >= MAX_OPEN_RUNS and request.kind in PATIENT_KINDS:
                continue
            else:
                run = self._run_for(request)
            if run is not None:
                n_started += 1
                self.n_open += 1
                yield run

    def _run_for(self, request: Request) -> dg.RunRequest | None:
        make = KINDS.get(request.kind)
        if make is None:
            self.catalogue.requests.fail(request.id, f"this version cannot do {request.kind!r}")
            return None
        try:
            if request.kind in SONG_KINDS:
                self.catalogue.songs.get(request.target)  # one that is gone need not wait
            if _stream_of(request) in self.busy:
                return None
            if self.no_room is not None and make is not _nothing:
                self.catalogue.requests.wait(request.id, self.no_room.until, self.no_room.reason)
                return None
            run = make(self, request)
        except NotFoundError as error:
            self.catalogue.requests.fail(request.id, str(error))
            return None
        if run is None or not self.catalogue.requests.claim(request.id, run_id=_mark(request)):
            return None
        self.busy.add(_stream_of(request))
        return run

    def _look_up(self, requests: list[Request]) -> dg.RunRequest | None:
        """One run asks the pages of many streams: starting a run costs more than the question."""
        allowed = [request for request in requests if not self._must_wait(request)][:BATCH]
        if not allowed:
            return None
        mark = _mark(allowed[0])
        claimed = [
            request.id
            for request in allowed
            if self.catalogue.requests.claim(request.id, run_id=mark)
        ]
        if not claimed:
            return None
        config = {"ops": {"take_in_requests": {"config": {"request_ids": claimed}}}}
        return dg.RunRequest(
            run_key=_key(allowed[0]),
            job_name=take_in_source.name,
            run_config=config,
            tags={BATCH_TAG: mark},
        )

    def _must_wait(self, request: Request) -> bool:
        if self.no_room is not None:
            self.catalogue.requests.wait(request.id, self.no_room.until, self.no_room.reason)
            return True
        url = request.target
        if request.kind == "look_again":
            stream = self.catalogue.streams.find(request.target)
            url = stream.url if stream else ""
        hindrance = hindrance_to_asking(url, self.catalogue, self.now) if is_address(url) else None
        if hindrance is not None:
            self.catalogue.requests.wait(request.id, hindrance.until, hindrance.reason)
        return hindrance is not None

    def must_wait_for_another(self, request: Request, stream: Stream) -> bool:
        """Whether a command line works on the stream; then the request waits for it."""
        locked = _is_locked(stream, self.settings)
        if locked:
            reason = "another utawaku works on this stream"
            self.catalogue.requests.wait(request.id, self.now + BUSY_S, reason)
        return locked

    def ingest(self, request: Request, stream: Stream) -> dg.RunRequest | None:
        """Make what is due of a stream, when its site may be asked and nobody else works on it."""
        requests = self.catalogue.requests
        again = request.arguments.get("again", ())
        web = is_address(stream.url)
        if web and stream.id not in self.recorded and self.n_downloads >= MAX_OPEN_DOWNLOADS:
            return None
        if self.must_wait_for_another(request, stream):
            return None
        due = due_assets(stream, self.catalogue, self.settings, again=again)
        if not due:
            if requests.claim(request.id, run_id=_mark(request)):
                requests.finish(request.id, message="already done")
            return None
        tags = {BATCH_TAG: _mark(request), "utawaku/request": str(request.id)}
        if "recordings" in due and web:
            if self.n_downloads >= MAX_OPEN_DOWNLOADS:
                return None
            hindrance = hindrance_to_download(stream.url, self.catalogue, self.settings, self.now)
            if hindrance is not None:
                requests.wait(request.id, hindrance.until, hindrance.reason)
                return None
            self.n_downloads += 1
            tags[DOWNLOAD_TAG] = stream.site
            if request.arguments.get("take_incomplete"):
                tags[TAKE_INCOMPLETE_TAG] = "yes"
            if "recordings" in again:
                tags[FETCH_AGAIN_TAG] = "yes"
        add_partitions(self.instance, [stream.id])
        return dg.RunRequest(
            run_key=_key(request),
            job_name=ingest_stream.name,
            partition_key=stream.id,
            # A model that Dagster does not know in its present version comes first.
            asset_selection=[
                dg.AssetKey(name) for name in (*unrecorded(self.instance, self.settings, due), *due)
            ],
            tags=tags,
        )


def _ingest_stream(drain: _Drain, request: Request) -> dg.RunRequest | None:
    return drain.ingest(request, drain.catalogue.streams.get(request.target))


def _retag(drain: _Drain, request: Request) -> dg.RunRequest | None:
    song = drain.catalogue.songs.get(request.target)
    stream = drain.catalogue.streams.get(song.stream_id)
    again = {**request.arguments, "again": ["library_files"]}
    return drain.ingest(_with(request, again), stream)


def _label(drain: _Drain, request: Request) -> dg.RunRequest | None:
    """Ask again for the names of a stream's songs, waiting for Shazam's rate limit."""
    stream = drain.catalogue.streams.get(_stream_of(request))
    run = drain.ingest(_with(request, {"again": ["labels"]}), stream)
    if run is None:
        return None
    config = {"ops": {"labels": {"config": {"patient": True}}}}
    return run.with_replaced_attrs(run_config=config)


def _upload(_drain: _Drain, request: Request) -> dg.RunRequest:
    # The submission is queued already: this only saves the wait for the queue's own sensor.
    tags = {BATCH_TAG: _mark(request)}
    return dg.RunRequest(_key(request), job_name=publish_submissions.name, tags=tags)


def _separate(drain: _Drain, request: Request) -> dg.RunRequest:
    song = drain.catalogue.songs.get(request.target)
    add_partitions(drain.instance, [song.stream_id])
    run = separation_of(request, drain.catalogue, _key(request))
    return run.with_replaced_attrs(tags={**run.tags, BATCH_TAG: _mark(request)})


def _pieces(drain: _Drain, request: Request) -> dg.RunRequest | None:
    stream = drain.catalogue.streams.get(request.target)
    if drain.must_wait_for_another(request, stream):
        return None
    add_partitions(drain.instance, [stream.id])
    run = pieces_run_of(request, _key(request))
    return run.with_replaced_attrs(tags={**run.tags, BATCH_TAG: _mark(request)})


def _train(_drain: _Drain, request: Request) -> dg.RunRequest:
    run = training_of(request, _key(request))
    return run.with_replaced_attrs(tags={**run.tags, BATCH_TAG: _mark(request)})


def _playlist(_drain: _Drain, request: Request) -> dg.RunRequest:
    run = playlist_of(request, _key(request))
    return run.with_replaced_attrs(tags={**run.tags, BATCH_TAG: _mark(request)})


def _nothing(_drain: _Drain, _request: Request) -> None:
    """Served step by step elsewhere in the tick."""


Maker = Callable[[_Drain, Request], dg.RunRequest | None]
KINDS: Mapping[str, Maker] = {
    "ingest_stream": _ingest_stream,
    "recut": _ingest_stream,
    "retag": _retag,
    "label": _label,
    "upload": _upload,
    "separate": _separate,
    "pieces": _pieces,
    "train": _train,
    "playlist": _playlist,
    "rematerialize": _nothing,
    "follow": _nothing,
    "unfollow": _nothing,
    "setlist": _nothing,
}
"""What can be asked for, beside `ingest` and `look_again`, which go together into one run."""


def _with(request: Request, arguments: Mapping[str, object]) -> Request:
    return replace(request, arguments=arguments)


def _stream_of(request: Request) -> str:
    return request.target.rpartition("@")[0] or request.target


def _mark(request: Request) -> str:
    return f"{request.id}-{request.attempts}"


def _key(request: Request) -> str:
    """Dagster starts a run of one key only once, so a tick that is done twice does no harm."""
    return f"request-{_mark(request)}-{request.created_at:.3f}"


def _is_locked(stream: Stream, settings: Settings) -> bool:
    """Whether a command line works on the stream."""
    path = settings.stream_dir(stream.id) / ".lock"
    if not path.exists():
        return False
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True
