"""`utawaku segment`: segments and songs of a file, without touching the library."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from utawaku.commands.console import (
    add_row,
    clock,
    err,
    losses_told_later,
    out,
    print_json,
    print_table,
    print_warning,
    table,
)
from utawaku.commands.device import DeviceOption
from utawaku.commands.file_tracks import TrackOption, chosen_track
from utawaku.commands.segment_many import Many, segment_many
from utawaku.library.engines import SEGMENT_ENGINES, one_of
from utawaku.library.errors import ConfigError
from utawaku.library.language import tr, trn

if TYPE_CHECKING:
    from utawaku.library.config import SegmentSettings, Settings
    from utawaku.library.records import SongSpan
    from utawaku.library.song_rules import SongRules
    from utawaku.models.segmentation import Segmentation


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: utawaku segment talks --tsv --limit 100")(segment)


def segment(
    files: Annotated[
        list[Path], typer.Argument(help="Audio or video files; folders with all below them.")
    ],
    engine: Annotated[
        str | None,
        typer.Option(
            help=f"{one_of(SEGMENT_ENGINES)}, or the path of your own (.onnx, SavedModel); "
            "default: the setting."
        ),
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
        typer.Option(
            "--tsv",
            help="A line of segmented.tsv for each file: what bacs says, without songs. It is "
            "printed; of a folder, written into it.",
        ),
    ] = False,
    tsv_file: Annotated[
        Path | None,
        typer.Option(help="Write the lines of segmented.tsv there instead; implies --tsv."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Take so many files at most, in order of name.")
    ] = None,
    at_once: Annotated[
        int, typer.Option(min=0, help="Files at once, each in its own process; 0 is one a core.")
    ] = 0,
    slices: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Write each stretch of speech to a file there."),
    ] = None,
    track: TrackOption = "",
    device: DeviceOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Tell speech from music in a file and find its songs. Nothing is stored in the library.

    Of several files, or a folder, only segments are told, and a file that fails stops no other.
    With --json: {"segments": [[label, start_s, stop_s], ...], "songs": [[start_s, stop_s], ...]}
    in seconds of the recording. --tsv takes the engine bacs as it is, without the pipeline's
    silences. Exit codes: 0 done; 10 done, but the file is damaged; 11 done of what is there, but
    it is cut off; 3 not media; 9 no sound, or not that track; 12 nothing of it plays.
    """
    from utawaku.library.config import load_settings
    from utawaku.media.timeline import loss_code
    from utawaku.models.mfcc_segmenter import slice_speech

    settings = load_settings()
    tsv = tsv or tsv_file is not None
    wanted = _wanted(settings, engine, mode, energy_ratio, tsv=tsv)
    if len(files) > 1 or files[0].is_dir() or tsv_file is not None or limit is not None:
        _refuse_songs(strategy)
        many = Many(wanted, settings, tsv, tsv_file, slices, track, limit, at_once)
        code = segment_many(files, many, as_json=json)
        if code:
            raise typer.Exit(code)
        return
    (file,) = files
    with chosen_track(file, track) as source, losses_told_later() as losses:
        if tsv:
            _speech_only(source, file, wanted, settings, slices)
            if code := losses.tell():
                raise typer.Exit(code)
            return
        rules = _rules(settings, strategy)
        result, songs = _segmented(source, wanted, rules, settings)
        files = slice_speech(source, result.segments, slices, name=file.stem) if slices else []
    for sentence in result.timeline.warnings():
        print_warning(str(file), sentence)
    code = loss_code(result.timeline.as_metadata())
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
    else:
        _print(result, songs)
        if slices is not None:
            out.print(
                tr("{n_files} stretches of speech in {slices}", n_files=len(files), slices=slices),
                markup=False,
            )
    if code:
        raise typer.Exit(code)


def _wanted(
    settings: "Settings",
    engine: str | None,
    mode: str | None,
    energy_ratio: float | None,
    *,
    tsv: bool,
) -> "SegmentSettings":
    """The settings with what was given; the path of a network is one of `bacs`."""
    from utawaku.models.mfcc_segmenter import is_own

    given: dict[str, Any] = {"engine": engine, "mode": mode, "energy_ratio": energy_ratio}
    if engine is not None and is_own(engine):
        given |= {"engine": "bacs", "weights": Path(engine)}
    elif tsv:
        given["engine"] = "bacs"
    return cast("SegmentSettings", _changed(settings.segments, **given))


def _refuse_songs(strategy: str | None) -> None:
    if strategy is not None:
        raise typer.BadParameter(
            tr("songs are found in one file at a time"), param_hint="--strategy"
        )


def _rules(settings: "Settings", strategy: str | None) -> "SongRules":
    from utawaku.models.songs import SongRules

    overrides = {"strategy": strategy} if strategy else {}
    try:
        return SongRules.model_validate({**settings.songs, **overrides})
    except ValueError as error:
        raise ConfigError(f"not valid song rules ({error})", next_step="See --help") from error


def _segmented(
    source: Path, wanted: "SegmentSettings", rules: "SongRules", settings: "Settings"
) -> "tuple[Segmentation, list[SongSpan]]":
    """Segments and songs of a recording, with a bar on the terminal."""
    from rich.progress import Progress

    from utawaku.models.mfcc_segmenter import BacsSegmenter, make_bacs_segmenter
    from utawaku.models.segmenter import Segmenter
    from utawaku.models.songs import find_songs, segment_and_listen
    from utawaku.workflows.song_network import song_network

    with Progress(console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("segmenting", total=1.0)

        def show(done: float, message: str) -> None:
            bar.update(task, completed=done, description=message or "segmenting")

        segmenter: Segmenter | BacsSegmenter
        if wanted.engine == "bacs":
            segmenter = make_bacs_segmenter(
                settings.weights_dir,
                wanted.weights,
                energy_ratio=wanted.energy_ratio,
                progress=show,
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
        result = segment_and_listen(segmenter, source, show)
    return result, find_songs(result, rules, network=song_network(settings))


def _print(result: "Segmentation", songs: "Sequence[SongSpan]") -> None:
    listing = table("label", ("start", "right"), ("stop", "right"), ("length", "right"))
    for s in result.segments:
        add_row(listing, [s.label, clock(s.start_s), clock(s.stop_s), f"{s.duration_s:.1f} s"])
    print_table(listing)
    found = table(("#", "right"), ("start", "right"), ("stop", "right"), ("length", "right"), "")
    for number, song in enumerate(songs, 1):
        cells = [clock(song.start_s), clock(song.stop_s), clock(song.duration_s)]
        add_row(found, [number, *cells, " ".join(song.flags)])
    out.print("\n" + trn("{n} song", "{n} songs", len(songs)))
    print_table(found)


def _changed(section: Any, **changes: Any) -> Any:
    """The settings with what was given on the command line."""
    given = {name: value for name, value in changes.items() if value is not None}
    try:
        return type(section).model_validate({**section.model_dump(), **given})
    except ValueError as error:
        raise ConfigError(f"not a valid setting ({error})", next_step="See --help") from error


def _speech_only(
    source: Path, file: Path, wanted: "SegmentSettings", settings: "Settings", slices: Path | None
) -> None:
    """Print what the small acoustic segmenter says, as a line of segmented.tsv."""
    from utawaku.library.exports import segmented_tsv
    from utawaku.models.mfcc_segmenter import make_bacs_segmenter, slice_speech

    with err.status(tr("segmenting")):
        segmenter = make_bacs_segmenter(settings.weights_dir, wanted.weights)
        result = segmenter.listen(source)
        if slices is not None:
            slice_speech(source, result.segments, slices, name=file.stem)
    typer.echo(segmented_tsv([(str(file), result.segments)]), nl=False)
