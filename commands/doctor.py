"""`utawaku doctor`: check the installation and the library."""

import os
import shutil
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from utawaku.commands.console import err, out, print_json
from utawaku.library.errors import ExitCode, UtawakuError
from utawaku.library.extras import next_step
from utawaku.library.health import Finding
from utawaku.library.language import translated, trn
from utawaku.library.paths import default_config_path

if TYPE_CHECKING:
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import Settings

MIN_FREE_BYTES = 5_000_000_000
MARKS = {"ok": "[green]ok[/]  ", "info": "[blue]note[/]", "warning": "[yellow]warn[/]"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: utawaku doctor --json")(doctor)


def doctor(
    fix: Annotated[bool, typer.Option("--fix", help="Repair what can be repaired.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
) -> None:
    """Check settings, catalogue, weights, outside programs, disk and sound.

    Of a cluster also Redis, the shared folder, and the machines at work. Ends with 1 when something
    is broken.
    """
    findings = list(_look(fix=fix))
    if json:
        print_json(findings)
    else:
        for finding in findings:
            mark = MARKS.get(finding.level, "[bold red]FAIL[/]")
            out.print(f"{mark} {finding.name:<12}", end="")
            out.print(translated(finding.message), markup=False, soft_wrap=True)
            if finding.next_step:
                out.print(
                    f"     -> {translated(finding.next_step)}",
                    markup=False,
                    style="dim",
                    soft_wrap=True,
                )
    broken = [finding for finding in findings if finding.level == "error"]
    if broken:
        err.print(trn("{n} thing is broken", "{n} things are broken", len(broken)))
        raise typer.Exit(ExitCode.FAILED)


def _look(*, fix: bool) -> Iterator[Finding]:
    from utawaku.commands.doctor_cluster import check_redis
    from utawaku.library.cluster import is_cluster
    from utawaku.library.config import load_settings
    from utawaku.services.downloader_health import downloader_health

    yield Finding("python", "ok", sys.version.split()[0])
    try:
        settings = load_settings()
    except UtawakuError as error:
        yield Finding("settings", "error", f"{error.subject}: {error.problem}", error.next_step)
        return
    path = default_config_path()
    yield Finding("settings", "ok", str(path) if path.exists() else "defaults (no config.toml)")
    yield from _catalogue(settings, fix=fix)
    if is_cluster(settings):
        yield from check_redis(settings)
    yield from _weights(settings)
    yield from _song_network(settings)
    yield from _device(settings)
    yield from downloader_health()
    yield from _ffmpeg()
    yield from _disk(settings)
    yield from _sound()
    if not is_cluster(settings):  # where it runs is in the catalogue, else
        yield from _pipeline(settings)


def _catalogue(settings: "Settings", *, fix: bool) -> Iterator[Finding]:
    import sqlalchemy as sa

    from utawaku.commands.doctor_cluster import check_machines, check_pipeline
    from utawaku.commands.repairs import check_files, check_runs
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.cluster import is_cluster
    from utawaku.library.schema import songs

    try:
        catalogue = Catalogue.open(settings)
    except UtawakuError as error:
        yield Finding("catalogue", "error", error.problem, error.next_step)
        return
    with catalogue.read() as connection:
        intact = True
        if connection.dialect.name == "sqlite":
            intact = connection.execute(sa.text("PRAGMA quick_check")).scalar() == "ok"
    n_songs = catalogue.songs.count(songs.c.state == "kept")
    if intact:
        n_streams = catalogue.streams.count()
        yield Finding("catalogue", "ok", f"{n_streams} streams, {n_songs} songs")
    else:
        yield Finding(
            "catalogue",
            "error",
            "the database is damaged",
            "Restore the newest file of backups/ beside it",
        )
    if catalogue.engine.dialect.name != "sqlite":
        yield from _server(catalogue, fix=fix)
    if intact:
        yield from check_files(catalogue, settings, fix=fix)
        yield from check_runs(catalogue, settings, fix=fix)
    if is_cluster(settings):
        yield from check_machines(catalogue, settings)
        yield check_pipeline(catalogue)
    catalogue.close()


def _server(catalogue: "Catalogue", *, fix: bool) -> Iterator[Finding]:
    from utawaku.library.postgres import make_trigram_index
    from utawaku.library.postgres_care import look

    if fix:
        with catalogue.write() as connection:
            make_trigram_index(connection)
    with catalogue.read() as connection:
        yield from look(connection)


def _weights(settings: "Settings") -> Iterator[Finding]:
    from utawaku.models.registry import status

    for weights in status(settings.weights_dir):
        if weights.present:
            yield Finding("weights", "ok", f"{weights.name} ({weights.source})")
        else:
            yield Finding(
                "weights",
                "info",
                f"{weights.name} not here yet; it is fetched on first use",
                f"`utawaku models pull {weights.name}` fetches it now",
            )


def _song_network(settings: "Settings") -> Iterator[Finding]:
    from utawaku.workflows.song_network import network_finding

    yield network_finding(settings)


def _device(settings: "Settings") -> Iterator[Finding]:
    from utawaku.models.devices import installed_devices, providers_for

    installed = installed_devices()
    shown = ", ".join(installed)
    try:
        first, *_ = providers_for(settings.device, installed, openvino=True)
    except UtawakuError as error:
        yield Finding("device", "error", str(error), error.next_step)
        return
    yield Finding("device", "ok", f"{first[0]} (device = {settings.device}; installed: {shown})")


def _ffmpeg() -> Iterator[Finding]:
    from importlib.metadata import version as version_of

    version = version_of("av")
    found = shutil.which("ffmpeg")
    if found:
        yield Finding("ffmpeg", "ok", f"PyAV {version} does the work; a binary is at {found}, too")
    else:
        yield Finding(
            "ffmpeg",
            "info",
            f"PyAV {version} does the work; there is no ffmpeg binary, and only the reference "
            "packages (inaSpeechSegmenter, spleeter) would want one",
        )


def _disk(settings: "Settings") -> Iterator[Finding]:
    folder = settings.library_root
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if not os.access(folder, os.W_OK):
        yield Finding("disk", "error", f"{folder} cannot be written", "Set library_root")
    elif free < MIN_FREE_BYTES:
        message = f"{free / 1e9:.1f} GB free at {folder}"
        yield Finding("disk", "warning", message, "Make room, or set library_root")
    else:
        yield Finding("disk", "ok", f"{free / 1e9:.0f} GB free at {folder}")


def _sound() -> Iterator[Finding]:
    try:
        import miniaudio
    except ImportError:
        yield Finding("sound", "info", "miniaudio is not installed: silent", next_step("play"))
        return
    try:
        devices = miniaudio.Devices().get_playbacks()
    except miniaudio.MiniaudioError as error:
        yield Finding("sound", "info", f"no audio device ({error}); everything else works")
        return
    if devices:
        yield Finding("sound", "ok", f"{len(devices)} device(s)")
    else:
        yield Finding("sound", "info", "no audio device: nothing will be heard, all else works")


def _pipeline(settings: "Settings") -> Iterator[Finding]:
    from utawaku.library.heartbeat import is_alive

    if is_alive(settings):
        yield Finding("pipeline", "ok", "running")
    else:
        yield Finding(
            "pipeline",
            "info",
            "not running: followed channels and requests of the screen wait",
            "`utawaku up --detach` starts it",
        )
