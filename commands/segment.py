"""`utawaku segment`: segments and songs of a file, without touching the library."""

from pathlib import Path
from typing import Annotated, Any

import typer

from utawaku.commands.console import add_row, clock, err, out, print_json, print_table, table
from utawaku.library.engines import SEGMENT_ENGINES, one_of
from utawaku.library.errors import ConfigError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: utawaku segment evening.webm --json")(segment)


def segment(
    file: Annotated[Path, typer.Argument(help="Audio or video file.")],
    engine: Annotated[
        str | None, typer.Option(help=f"{one_of(SEGMENT_ENGINES)}; default: the setting.")
    ] = None,
    mode: Annotated[str | None, typer.Option(help="fast or exact; default: the setting.")] = None,
    strategy: Annotated[
        str | None, typer.Option(help="smart or classic; default: the setting.")
    ] = None,
    energy_ratio: Annotated[
        float | None, typer.Option(help="Energy below this share of the mean is silence.")
    ] = None,
    tsv: Annotated[
        bool,
        typer.Option("--tsv", help="Print a line of segmented.tsv: what bacs says, without songs."),
    ] = False,
    slices: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Write each stretch of speech to a file there."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Tell speech from music in a file and find its songs. Nothing is stored.

    With --json: {"segments": [[label, start_s, stop_s], ...], "songs": [[start_s, stop_s], ...]}
    in seconds of the recording. --tsv takes the engine bacs as it is, without the pipeline's
    silences.
    """
    from rich.progress import Progress

    from utawaku.library.config import load_settings
    from utawaku.models.mfcc_segmenter import BacsSegmenter, slice_speech
    from utawaku.models.segmenter import Segmenter
    from utawaku.models.songs import SongRules, find_songs, segment_and_listen

    settings = load_settings()
    if tsv:
        _speech_only(file, settings, slices)
        return
    wanted = _changed(settings.segments, engine=engine, mode=mode, energy_ratio=energy_ratio)
    overrides = {"strategy": strategy} if strategy else {}
    try:
        rules = SongRules.model_validate({**settings.songs, **overrides})
    except ValueError as error:
        raise ConfigError(f"not valid song rules ({error})", next_step="See --help") from error
    with Progress(console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("segmenting", total=1.0)

        def show(done: float, message: str) -> None:
            bar.update(task, completed=done, description=message or "segmenting")

        segmenter: Segmenter | BacsSegmenter
        if wanted.engine == "bacs":
            segmenter = BacsSegmenter.from_registry(
                settings.weights_dir, energy_ratio=wanted.energy_ratio, progress=show
            )
        else:
            segmenter = Segmenter.from_registry(
                settings.weights_dir,
                engine=wanted.engine,
                mode=wanted.mode,
                energy_ratio=wanted.energy_ratio,
                threads=wanted.threads,
                progress=show,
            )
        result = segment_and_listen(segmenter, file, show)
    songs = find_songs(result, rules)
    files = slice_speech(file, result.segments, slices) if slices is not None else []
    if json:
        print_json(
            {
                "file": file,
                "duration_s": result.duration_s,
                "engine": result.engine,
                "strategy": rules.strategy,
                "truncated": result.truncated,
                "timeline": result.timeline.as_metadata(),
                "segments": [[s.label, s.start_s, s.stop_s] for s in result.segments],
                "slices": files,
                "songs": [[song.start_s, song.stop_s] for song in songs],
            }
        )
        return
    listing = table("label", ("start", "right"), ("stop", "right"), ("length", "right"))
    for s in result.segments:
        add_row(listing, [s.label, clock(s.start_s), clock(s.stop_s), f"{s.duration_s:.1f} s"])
    print_table(listing)
    found = table(("#", "right"), ("start", "right"), ("stop", "right"), ("length", "right"), "")
    for number, song in enumerate(songs, 1):
        cells = [clock(song.start_s), clock(song.stop_s), clock(song.duration_s)]
        add_row(found, [number, *cells, " ".join(song.flags)])
    out.print(f"\n{len(songs)} song(s)")
    print_table(found)
    if slices is not None:
        out.print(f"{len(files)} stretches of speech in {slices}", markup=False)


def _changed(section: Any, **changes: Any) -> Any:
    """The settings with what was given on the command line."""
    given = {name: value for name, value in changes.items() if value is not None}
    try:
        return type(section).model_validate({**section.model_dump(), **given})
    except ValueError as error:
        raise ConfigError(f"not a valid setting ({error})", next_step="See --help") from error


def _speech_only(file: Path, settings: Any, slices: Path | None) -> None:
    """Return what the small acoustic segmenter says, as a line of segmented.tsv."""
    from utawaku.library.exports import segmented_tsv
    from utawaku.models.mfcc_segmenter import BacsSegmenter, slice_speech

    with err.status("segmenting"):
        result = BacsSegmenter.from_registry(settings.weights_dir).listen(file)
        if slices is not None:
            slice_speech(file, result.segments, slices)
    typer.echo(segmented_tsv([(str(file), result.segments)]), nl=False)
