"""Jobs that resolve sources, ingest streams and read whole channels."""

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import dagster as dg
from pydantic import Field

from utawaku import assets
from utawaku.library.artefacts import CHAIN
from utawaku.library.errors import StillProcessingError, UtawakuError
from utawaku.library.records import Channel, Request, Stream
from utawaku.library.requests import Ingest, IngestStream, RecheckLength, read_request
from utawaku.library.sites import full_address
from utawaku.library.subscriptions import ChannelRules
from utawaku.orchestration.partitions import add_partitions
from utawaku.orchestration.present_checks import without_present_checks
from utawaku.orchestration.resources import DownloaderResource
from utawaku.orchestration.run_outcomes import Trouble, retry_or_fail
from utawaku.services.rate_limits import asking, wait_before_work
from utawaku.workflows.ingest import (
    is_address,
    register,
    register_parts,
    resolve_parts,
    resolve_streams,
)
from utawaku.workflows.local_files import check_visible
from utawaku.workflows.model_versions import models_of
from utawaku.workflows.site_parts import is_in_parts
from utawaku.workflows.subscriptions import (
    LOOKED,
    is_reconcile_due,
    judge_info,
    poll_channel,
    settings_for,
    with_rules,
)

FILES_S = 15.0
"""Of a tick, which has 60."""

ingest_stream = dg.define_asset_job(
    "ingest_stream",
    selection=without_present_checks(
        dg.AssetSelection.assets(*CHAIN, *(model.asset for model in models_of(CHAIN)))
    ),
    # One process a stream: ten trivial steps take 2 s instead of 17 s.
    executor_def=dg.in_process_executor,
    description="Take one stream from its address to tagged songs on disk.",
)


def checks_of(names: Iterable[str]) -> list[dg.AssetCheckKey]:
    """Return the checks that the assets of these names make themselves.

    A run of some of a job's assets makes every check of them, those that the job leaves out as
    well (`orchestration.present_checks`), unless its checks are named.
    """
    wanted = {dg.AssetKey(name) for name in names}
    found = [made for module in assets.MODULES for made in vars(module).values()]
    return [
        spec.key
        for made in found
        if isinstance(made, dg.AssetsDefinition) and made.keys & wanted
        for spec in made.check_specs
    ]


class ResolveConfig(dg.Config):
    """The requests to serve."""

    request_ids: list[int] = Field(description="Numbers of the requests in the catalogue.")


@dg.op
def resolve_requests(
    context: dg.OpExecutionContext, config: ResolveConfig, downloader: DownloaderResource
) -> None:
    """Find the streams behind requested addresses, and ask for each to be ingested."""
    library = downloader.library
    for request_id in config.request_ids:
        request = library.catalogue.requests.get(request_id)
        if request.state != "running":
            continue  # cancelled meanwhile
        error = _serve(request, downloader, context.instance)
        if error is not None:
            # One address that fails must not stop the others.
            context.log.warning("%s", error)


def resolve_files(downloader: DownloaderResource, instance: dg.DagsterInstance) -> int:
    """Serve what asks for one file of this machine at once; returns how many were served.

    To look into a file takes less than to start a run that does. What is not reached within
    `FILES_S`, and all while nothing may be begun, is left to a run.
    """
    library = downloader.library
    requests, until = library.catalogue.requests, time.monotonic() + FILES_S
    n_served = 0
    for request in requests.waiting(Ingest, now=time.time()):
        if time.monotonic() > until or wait_before_work(library.settings, time.time()) is not None:
            break
        if _names_a_file(request) and requests.claim(request.id):
            _serve(request, downloader, instance)
            n_served += 1
    return n_served


def _names_a_file(request: Request) -> bool:
    try:
        wanted = read_request(request)
    except UtawakuError:
        return False  # the drain says what is wrong with it
    if not isinstance(wanted, Ingest) or wanted.parts or wanted.channel:
        return False
    source = full_address(wanted.source)
    return not is_address(source) and Path(source).expanduser().is_file()


def _serve(
    request: Request, downloader: DownloaderResource, instance: dg.DagsterInstance
) -> UtawakuError | None:
    """Serve a request that is claimed; returns what went wrong."""
    library = downloader.library
    try:
        message = _served(request, downloader, instance)
    except UtawakuError as error:
        retry_or_fail(request, Trouble.of(error), library.catalogue, library.settings)
        return error
    library.catalogue.requests.finish(request.id, message=message[:500])
    return None


def _served(request: Request, downloader: DownloaderResource, instance: dg.DagsterInstance) -> str:
    library = downloader.library
    wanted = read_request(request)
    if isinstance(wanted, RecheckLength):
        return _recheck_length(wanted, downloader, request.asked_by)
    assert isinstance(wanted, Ingest), "the drain sends no other kind"
    catalogue = library.catalogue
    channel = catalogue.channels.find(wanted.channel) if wanted.channel else None

    def progress(n: int, total: int, name: str) -> None:
        catalogue.requests.progressed(request.id, n / total, f"{n} of {total}: {name}"[:500])

    def leave_out(url: str, error: UtawakuError) -> None:
        catalogue.notices.add(
            "warning",
            "An entry of a list or folder was left out",
            body=f"{url}: {error.problem}",
            next_step=error.next_step,
        )

    if wanted.parts:
        files = [Path(part) for part in wanted.parts]
        for file in files:
            check_visible(file, library.settings)
        streams = [resolve_parts(files, catalogue, library.settings)]
    elif channel is None:
        if not is_address(full_address(wanted.source)):
            check_visible(Path(wanted.source), library.settings)
        with asking(wanted.source, catalogue):
            streams = resolve_streams(
                wanted.source,
                catalogue,
                downloader.client(),
                take_unfinished=wanted.take_incomplete,
                as_one=wanted.as_one,
                on_failed_entry=leave_out,
                on_progress=progress,
            )
    else:
        streams, why_not = _resolve_entry(wanted, channel, downloader)
        if not streams:
            return f"left out: {why_not}"
    add_partitions(instance, [stream.id for stream in streams])
    for stream in streams:
        catalogue.requests.file(
            IngestStream(stream_id=stream.id, take_incomplete=wanted.take_incomplete),
            by=request.asked_by,
        )
    names = ", ".join(stream.title or stream.id for stream in streams)
    return f"{len(streams)} stream(s): {names}"


def _resolve_entry(
    wanted: Ingest, channel: Channel, resource: DownloaderResource
) -> tuple[list[Stream], str]:
    """The stream behind a channel's entry, or why the rules leave it out after all.

    A video in parts is one stream or one a part, as the rules say.
    """
    library = resource.library
    catalogue = library.catalogue
    known = catalogue.streams.by_url(wanted.source)
    if known is not None:
        return [known], ""
    rules = ChannelRules.read(channel.rules, subject=channel.url)
    downloader = resource.client(with_rules(library.settings, rules))
    with asking(wanted.source, catalogue):
        info = downloader.resolve(wanted.source)
    verdict = judge_info(rules, info)
    if not verdict.taken:
        catalogue.channels.skip_entry(channel.id, wanted.entry, LOOKED + verdict.reason)
        return [], verdict.reason
    if is_in_parts(info):
        if rules.as_one or wanted.as_one:
            return [register_parts(info, catalogue)], ""
        streams = []
        for entry in info.entries:
            with asking(entry.url, catalogue):
                streams.append(register(downloader.resolve(entry.url), catalogue))
        return streams, ""
    return [register(info, catalogue, take_unfinished=wanted.take_incomplete)], ""


def _recheck_length(wanted: RecheckLength, downloader: DownloaderResource, asked_by: str) -> str:
    """Compare a recording that was taken incomplete with the length that its page tells now."""
    library = downloader.library
    catalogue = library.catalogue
    stream = catalogue.streams.get(wanted.stream_id)
    if not is_address(stream.url) or stream.dropped_at is not None:
        return "nothing to look at"
    settings = settings_for(stream, catalogue, library.settings)  # with its channel's cookies
    with asking(stream.url, catalogue):
        info = downloader.client(settings).resolve(stream.url)
    if info.live_status == "post_live":
        raise StillProcessingError("the archive is still not complete", subject=stream.url)
    longer_s = (info.duration_s or 0.0) - stream.duration_s
    if longer_s <= max(5.0, 0.01 * stream.duration_s):
        return "as long as its page says"
    again = IngestStream(stream_id=stream.id, again=("recordings",))
    catalogue.requests.file(again, by=asked_by)
    return f"{longer_s:.0f} s longer by now: fetched again"


@dg.job(executor_def=dg.in_process_executor)
def resolve_source() -> None:
    """Look up addresses (network) outside of the sensor, which has only 60 s."""
    resolve_requests()


def resolve_run(request_ids: Sequence[int]) -> dg.RunRequest:
    """The run that resolves the sources of several requests."""
    config = {"ops": {"resolve_requests": {"config": {"request_ids": list(request_ids)}}}}
    return dg.RunRequest(job_name=resolve_source.name, run_config=config)


class ChannelConfig(dg.Config):
    """The channel to poll."""

    channel_id: str = Field(description="Id of the subscription's channel in the catalogue.")


@dg.op
def read_whole_channel(
    context: dg.OpExecutionContext, config: ChannelConfig, downloader: DownloaderResource
) -> None:
    """Read a channel's whole list, which takes longer than a sensor may."""
    catalogue, settings = downloader.library.catalogue, downloader.library.settings
    channel = catalogue.channels.find(config.channel_id)
    if channel is None or not channel.followed:
        context.log.info("%s is not followed any more", config.channel_id)
        return
    if not is_reconcile_due(channel, settings, time.time()):
        context.log.info("%s was read in the meantime", channel.url)
        return
    rules = ChannelRules.read(channel.rules, subject=channel.url)
    client = downloader.client(with_rules(settings, rules))
    try:
        look = poll_channel(channel, catalogue, settings, client, full=True)
    except UtawakuError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error
    context.log.info("%s: %d listed, %d asked for", channel.url, look.n_listed, look.n_asked)


@dg.job(executor_def=dg.in_process_executor)
def reconcile_channel() -> None:
    """Find what the cheap looks at a channel cannot."""
    read_whole_channel()


def reconcile_config(channel_id: str) -> Mapping[str, object]:
    """Run configuration of `reconcile_channel`."""
    return {"ops": {"read_whole_channel": {"config": {"channel_id": channel_id}}}}
