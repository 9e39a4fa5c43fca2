"""`utawaku status`: the state of library and pipeline."""

import time
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from utawaku.commands.console import add_row, clock, out, print_json, print_table, table
from utawaku.library.language import tr, translated
from utawaku.library.words import word

if TYPE_CHECKING:
    from utawaku.library.config import Settings
    from utawaku.library.hosts import Host
    from utawaku.library.metrics import Health


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: utawaku status --json")(status)


def status(
    limit: Annotated[int, typer.Option(help="How many streams to list.")] = 20,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    metrics: Annotated[
        bool, typer.Option("--metrics", help="Print Prometheus text, and nothing else.")
    ] = False,
    serve: Annotated[
        int | None, typer.Option(help="Serve that text on this port of loopback until Ctrl-C.")
    ] = None,
) -> None:
    """Show health, queue, next looks, budgets and disk; streams with their states; notices."""
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings
    from utawaku.library.hosts import hosts
    from utawaku.library.metrics import exposition, health
    from utawaku.library.metrics import metrics as measure
    from utawaku.library.schema import songs
    from utawaku.library.secret_url import without_credentials
    from utawaku.library.shazam_status import shazam_state
    from utawaku.workflows.song_network import network_finding

    settings = load_settings()
    if serve is not None:
        _serve(settings, serve)
        return
    catalogue = Catalogue.open(settings)
    if metrics:
        out.file.write(exposition(measure(catalogue, settings)))
        catalogue.close()
        return
    found, at_work = health(catalogue, settings), hosts(catalogue)
    streams: list[dict[str, Any]] = [
        {
            "id": stream.id,
            "title": stream.title,
            "channel": stream.channel,
            "duration_s": stream.duration_s,
            "n_songs": catalogue.songs.count(
                songs.c.stream_id == stream.id, songs.c.state == "kept"
            ),
            "assets": {
                name: {
                    "state": state.state,
                    "progress": state.progress,
                    "message": state.message,
                    "engine": state.engine,
                    "engine_version": state.engine_version,
                }
                for name, state in catalogue.assets.of(stream.id).items()
            },
        }
        for stream in catalogue.streams.all(limit=limit)
    ]
    report: dict[str, Any] = {
        "library": settings.library_root,
        "catalogue": without_credentials(settings.database_url),
        "n_streams": catalogue.streams.count(),
        "n_songs": catalogue.songs.count(songs.c.state == "kept"),
        "pipeline_running": found.alive or any("up" in h.services and not h.stale for h in at_work),
        "health": found,
        "hosts": at_work,
        "shazam": shazam_state(settings, catalogue),
        "song_network": network_finding(settings),
        "requests_waiting": [
            {
                "id": r.id,
                "kind": r.kind,
                "target": r.target,
                "not_before": r.not_before,
                "reason": r.message,
            }
            for r in catalogue.requests.waiting()
        ],
        "requests_running": [
            {"id": r.id, "kind": r.kind, "target": r.target} for r in catalogue.requests.running()
        ],
        "failed_checks": [
            {
                "stream": state.stream_id,
                "asset": state.asset,
                "checks": dict(state.metadata["failed_checks"]),
            }
            for state in catalogue.assets.with_failed_checks(limit=limit)
        ],
        "notices": catalogue.notices.recent(limit=10, unread_only=True),
        "streams": streams,
    }
    catalogue.close()
    if json:
        print_json(report)
        return
    out.print(tr("library   {library}", library=report["library"]), markup=False)
    out.print(tr("streams   {n_streams}", n_streams=report["n_streams"]))
    out.print(tr("songs     {n_songs}", n_songs=report["n_songs"]))
    out.print(
        tr("shazam    {described}", described=translated(report["shazam"].described())),
        markup=False,
        soft_wrap=True,
    )
    network = report["song_network"]
    told = ". ".join(translated(text) for text in (network.message, network.next_step) if text)
    out.print(tr("cutting   {told}", told=told), markup=False, soft_wrap=True)
    running = (
        tr("running") if report["pipeline_running"] else tr("not running (`utawaku up` starts it)")
    )
    out.print(tr("pipeline  {running}", running=running))
    _print_hosts(report["hosts"])
    waiting, busy = len(report["requests_waiting"]), len(report["requests_running"])
    out.print(tr("requests  {waiting} waiting, {busy} running", waiting=waiting, busy=busy))
    _print_health(found, report["requests_waiting"])
    if streams:
        listing = table("stream", ("length", "right"), ("songs", "right"), ("state", "whole"))
        for stream in streams:
            add_row(
                listing,
                [
                    stream["title"] or stream["id"],
                    clock(stream["duration_s"]),
                    stream["n_songs"],
                    _summary(stream["assets"]),
                ],
            )
        out.print()
        print_table(listing)
    for one in report["failed_checks"]:
        names = ", ".join(name.replace("_", " ") for name in one["checks"])
        out.print(
            tr(
                "check failed  {asset} of {stream}: {names}",
                asset=word(one["asset"]),
                stream=one["stream"],
                names=names,
            ),
            markup=False,
        )
    for notice in report["notices"]:
        when = time.strftime("%m-%d %H:%M", time.localtime(notice.created_at))
        out.print(
            f"\n{when} {translated(notice.title)}: {translated(notice.body)}",
            markup=False,
            soft_wrap=True,
        )
        if notice.next_step:
            out.print(
                f"  -> {translated(notice.next_step)}", markup=False, style="dim", soft_wrap=True
            )


def _print_hosts(found: "list[Host]") -> None:
    """Print the machines of a cluster; on one machine nothing."""
    for host in found if any(one.services for one in found) else ():
        does = ", ".join([*host.services, *host.streams]) or tr("nothing")
        if host.queues:
            does += " (" + tr("queues {queues}", queues=", ".join(host.queues)) + ")"
        seen = tr("seen {n:.0f} s ago", n=host.seen_s)
        if host.stale:
            seen = tr("stale: {seen}", seen=seen)
        told = tr("host      {name}: {does}; {seen}", name=host.name, does=does, seen=seen)
        out.print(told, markup=False, soft_wrap=True)


def _print_health(found: "Health", waiting: list[dict[str, Any]]) -> None:
    reasons = Counter(request["reason"] for request in waiting if request["reason"])
    for reason, count in reasons.most_common(5):
        out.print(
            f"          {count} x {translated(reason)}", markup=False, style="dim", soft_wrap=True
        )
    if found.n_channels:
        failing = (
            tr(", {n_channels_failing} failing", n_channels_failing=found.n_channels_failing)
            if found.n_channels_failing
            else ""
        )
        look = time.strftime("%m-%d %H:%M", time.localtime(found.next_look_at or time.time()))
        out.print(
            tr(
                "channels  {n_channels} followed{failing}; next look {look}",
                n_channels=found.n_channels,
                failing=failing,
                look=look,
            )
        )
    for site, count in sorted(found.budgets.items()):
        budget = tr(
            "{count} of {daily_quota} downloads in 24 h", count=count, daily_quota=found.daily_quota
        )
        out.print(tr("budget    {site}: {budget}", site=site, budget=budget), markup=False)
    for rest in found.rests:
        until = time.strftime("%m-%d %H:%M", time.localtime(rest.until))
        out.print(
            tr(
                "resting   {site} until {until}: {reason}",
                site=rest.site,
                until=until,
                reason=translated(rest.reason),
            ),
            markup=False,
        )
    if found.processes:
        sizes = (f"{one.name} {one.resident_bytes / 1e6:.0f}" for one in found.processes)
        out.print(tr("memory    {sizes} MB", sizes=", ".join(sizes)))
    out.print(tr("disk      {free_bytes:.1f} GB free", free_bytes=found.free_bytes / 1000000000.0))


def _serve(settings: "Settings", port: int) -> None:
    from utawaku.commands.metrics_server import metrics_server

    with metrics_server(settings, port) as server:
        address = f"http://127.0.0.1:{server.server_address[1]}/metrics"
        out.print(tr("{address} (Ctrl-C ends it)", address=address))
        out.file.flush()
        server.serve_forever()


def _summary(assets: dict[str, dict[str, Any]]) -> str:
    for name, state in assets.items():
        if state["state"] == "running":
            return f"{name} {state['progress']:.0%} {state['message']}".rstrip()
    for name, state in assets.items():
        if state["state"] == "failed":
            return tr("{name} failed: {message}", name=name, message=translated(state["message"]))
    return "done" if "library_files" in assets else "waiting"
