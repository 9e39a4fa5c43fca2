"""`utawaku status`: how things stand."""

import time
from typing import Annotated, Any

import typer

from commands.console import add_row, clock, out, print_json, table


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: utawaku status --json")(status)


def status(
    limit: Annotated[int, typer.Option(help="How many streams to list.")] = 20,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show streams with the state of their artefacts, waiting requests, notices, the daemon."""
    from library.catalogue import Catalogue
    from library.config import load_settings
    from library.heartbeat import is_alive
    from library.schema import songs

    settings = load_settings()
    catalogue = Catalogue.open(settings)
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
        "catalogue": settings.database_url,
        "n_streams": catalogue.streams.count(),
        "n_songs": catalogue.songs.count(songs.c.state == "kept"),
        "pipeline_running": is_alive(settings),
        "requests_waiting": [
            {"id": r.id, "kind": r.kind, "target": r.target} for r in catalogue.requests.waiting()
        ],
        "requests_running": [
            {"id": r.id, "kind": r.kind, "target": r.target} for r in catalogue.requests.running()
        ],
        "notices": catalogue.notices.recent(limit=10, unread_only=True),
        "streams": streams,
    }
    catalogue.close()
    if json:
        print_json(report)
        return
    out.print(f"library   {report['library']}", markup=False)
    out.print(f"streams   {report['n_streams']}")
    out.print(f"songs     {report['n_songs']}")
    running = "running" if report["pipeline_running"] else "not running (`utawaku up` starts it)"
    out.print(f"pipeline  {running}")
    waiting, busy = len(report["requests_waiting"]), len(report["requests_running"])
    out.print(f"requests  {waiting} waiting, {busy} running")
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
        out.print(listing)
    for notice in report["notices"]:
        when = time.strftime("%m-%d %H:%M", time.localtime(notice.created_at))
        out.print(f"\n{when} {notice.title}: {notice.body}", markup=False, soft_wrap=True)
        if notice.next_step:
            out.print(f"  -> {notice.next_step}", markup=False, style="dim", soft_wrap=True)


def _summary(assets: dict[str, dict[str, Any]]) -> str:
    for name, state in assets.items():
        if state["state"] == "running":
            return f"{name} {state['progress']:.0%} {state['message']}".rstrip()
    for name, state in assets.items():
        if state["state"] == "failed":
            return f"{name} failed: {state['message']}"
    return "done" if "library_files" in assets else "waiting"
