"""`utawaku separate`: vocals and accompaniment of files, songs, streams; pieces joined again."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from utawaku.commands.console import (
    add_row,
    clock,
    losses_told_later,
    out,
    print_event,
    print_json,
    print_table,
    table,
)
from utawaku.commands.device import DeviceOption
from utawaku.commands.file_tracks import TrackOption, chosen_track
from utawaku.commands.separate_library import engine_of, shown_bar
from utawaku.commands.time_option import time_option
from utawaku.library.engines import SEPARATION_ENGINES, one_of
from utawaku.library.errors import ExitCode, UsageError
from utawaku.library.language import tr, translated
from utawaku.library.text import clean_line
from utawaku.library.time_format import precise_clock

if TYPE_CHECKING:
    from utawaku.library.config import Settings
    from utawaku.models.separator import Separator

Format = Literal["flac", "wav"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: utawaku separate 'singer:mio taste>0.9' --engine builtin")(
        separate
    )


def separate(
    target: Annotated[
        str,
        typer.Argument(
            help="A media file, a query for songs, a stream's id, or a folder of pieces to join."
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder for the stems of a file; default: here."),
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(
            help=f"{one_of(SEPARATION_ENGINES)}, or the path of your own (.onnx, .toml); default: "
            "the setting."
        ),
    ] = None,
    subtitles: Annotated[
        Path | None,
        typer.Option(
            help="Subtitles (.srt, .vtt, .ass, .lrc): a pair of stems for each line, and for each "
            "gap. Of a stream, also the name of subtitles in its folder."
        ),
    ] = None,
    shift: Annotated[
        float, time_option(help_text="Move the subtitles by so much; negative is earlier.")
    ] = 0.0,
    start: Annotated[float, time_option(help_text="Where in the recording to begin.")] = 0.0,
    stop: Annotated[
        float | None, time_option(help_text="Where in the recording to stop; default: its end.")
    ] = None,
    remix: Annotated[
        Path | None,
        typer.Option(help="A changed vocal: lay it over the accompaniment of all of it, too."),
    ] = None,
    remix_gain_db: Annotated[float, typer.Option(help="Gain of the changed vocal.")] = 0.0,
    remix_shift: Annotated[
        float, time_option(help_text="Move the changed vocal by so much; negative is earlier.")
    ] = 0.0,
    file_format: Annotated[
        Format | None,
        typer.Option("--format", help="Default: flac, which is smaller; of a folder, as it is."),
    ] = None,
    names: Annotated[
        str,
        typer.Option(
            metavar="TEMPLATE",
            help="Names of pieces, of {number}, {start}, {stop}, {words} and {hash}; default: "
            "{number:04}.",
        ),
    ] = "",
    sounds: Annotated[
        bool,
        typer.Option(
            "--sounds",
            help="Beside the stems of each piece its own sound; joined, also its mix where its "
            "vocals are changed.",
        ),
    ] = False,
    track: TrackOption = "",
    device: DeviceOption = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="List the pieces between subtitles; separate nothing."),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Separate vocals and accompaniment, in files of the same length; together they are the mix.

    A file's stems are written to --output; the songs that a query finds get theirs in the
    library. With --subtitles a file, or a stream of the library (its id, or a query for songs of
    it), is cut into pieces; the same command makes only what is missing. Joined in order they are
    the whole again: give the folder of pieces as the target. A file 0007.changed.wav in it takes
    the place of the vocals of 0007. Times are seconds, MM:SS, H:MM:SS or 10_33.

    Exit codes: 0 done; 10 done, but the sound is damaged; 11 done of what is there, but it is cut
    off; 3 not media; 9 no sound, or not that track; 12 nothing of it plays; 1 others.
    """
    from utawaku.library.config import load_settings

    settings = load_settings()
    path = Path(target).expanduser()
    folder = output or Path.cwd()
    if subtitles is not None and remix is not None:
        raise typer.BadParameter(
            tr("takes a whole song; change a piece and join them instead"), param_hint="--remix"
        )
    if remix is not None and not remix.is_file():
        raise UsageError("there is no such file", subject=str(remix), next_step="See --remix")
    span = _Span(start, stop, subtitles, shift)
    form = _Form(file_format, names, sounds)
    if subtitles is None:
        _refuse(
            tr("only pieces between subtitles have it"),
            names=names,
            sounds=sounds,
            **{"dry-run": dry_run},
        )
    if dry_run:
        _preview(target, folder, settings, span, form, as_json=json)
        return
    changed = _Changed(remix, remix_gain_db, remix_shift)
    with losses_told_later() as losses:
        if path.is_dir():
            _refuse(
                tr("the folder's pieces are cut already"), span=span, engine=engine, track=track
            )
            results = [_join(path, folder, file_format, changed)]
        elif path.is_file():
            with chosen_track(path, track) as source:
                engine_wanted = partial(engine_of, engine, settings)
                done = _separate_file(source, path, folder, engine_wanted, span, form, changed)
                results = [done]
        else:
            _refuse(tr("the library has its own place for stems"), output=output, remix=remix)
            _refuse(tr("a stream has a track of its own: see `ingest --track`"), track=track)
            results = _separate_in_library(target, engine, settings, span, form)
    code = losses.tell()
    if json:
        print_json({"separated": results})
    else:
        listing = table("what", ("length", "right"), ("files", "whole"))
        for result in results:
            shown = translated(result.get("error") or "") or "\n".join(result["files"])
            add_row(listing, [result["what"], clock(result.get("duration_s", 0.0)), shown])
        print_table(listing)
        for result in results:
            _tell_left_out(result.get("n_lines_left_out", 0))
    if any("error" in result for result in results):
        raise typer.Exit(ExitCode.FAILED)
    if code:
        raise typer.Exit(code)


def _tell_left_out(n_lines_left_out: int) -> None:
    if n_lines_left_out:
        told = tr(
            "{n_lines_left_out} lines of the subtitles show nowhere in it",
            n_lines_left_out=n_lines_left_out,
        )
        out.print(told, style="dim")


@dataclass(frozen=True)
class _Span:
    """The span of a recording to separate, and the cuts within it."""

    start_s: float
    stop_s: float | None
    subtitles: Path | None
    shift_s: float

    def __bool__(self) -> bool:
        """Return whether the user gave any of it."""
        return self != _Span(0.0, None, None, 0.0)


@dataclass(frozen=True)
class _Form:
    """The form of the files, as far as the user gave it."""

    file_format: Format | None
    names: str
    sounds: bool

    def as_config(self) -> dict[str, Any]:
        """Return the fields of `PieceForm` that the user gave."""
        given = {"file_format": self.file_format, "names": self.names, "sounds": self.sounds}
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True)
class _Changed:
    """A vocal to lay over the accompaniment."""

    vocals: Path | None
    gain_db: float
    shift_s: float


def _refuse(why: str, **given: object) -> None:
    """Options that would be passed over in silence are refused."""
    names = {"span": "--subtitles, --shift, --start, --stop"}
    for name, value in given.items():
        if value:
            raise typer.BadParameter(
                tr("does not go with this target: {why}", why=why),
                param_hint=names.get(name, f"--{name}"),
            )


def _join(
    pieces: Path, folder: Path, file_format: Format | None, changed: _Changed
) -> dict[str, Any]:
    from utawaku.models.separator.files import remix
    from utawaku.models.separator.joining import join_pieces

    folder.mkdir(parents=True, exist_ok=True)
    name = pieces.absolute().name.removesuffix(" pieces")
    gain_db = changed.gain_db if changed.vocals is None else 0.0
    with shown_bar() as show:
        done = join_pieces(
            pieces, folder,
            name=name, vocals_gain_db=gain_db, file_format=file_format or "", progress=show,
        )  # fmt: skip
        files = [done.vocals, done.accompaniment, done.mix, *done.piece_mixes]
        turned_down_db = done.turned_down_db
        if changed.vocals is not None:
            files.append(done.mix.with_name(f"{name}.remix{done.mix.suffix}"))
            turned_down_db = remix(
                changed.vocals, done.accompaniment, files[-1],
                vocals_gain_db=changed.gain_db, vocals_shift_s=changed.shift_s, progress=show,
            )  # fmt: skip
    return {
        "what": pieces.name,
        "duration_s": done.n_samples / done.sample_rate_hz,
        "n_changed": done.n_changed,
        "turned_down_db": turned_down_db,
        "files": [str(path) for path in files],
    }


def _separate_file(
    source: Path,
    path: Path,
    folder: Path,
    engine_wanted: "Callable[[], Separator]",
    span: _Span,
    form: _Form,
    changed: _Changed,
) -> dict[str, Any]:
    from utawaku.models.separator.files import remix, separate_file
    from utawaku.models.separator.piece_names import PieceForm
    from utawaku.models.separator.pieces import separate_pieces
    from utawaku.models.separator.plan import MANIFEST, cut_at_subtitles

    # `source` is what is read: the file at `path`, or a list that names its track.
    cut = None
    if span.subtitles is not None:
        cut = cut_at_subtitles(
            span.subtitles,
            shift_s=span.shift_s,
            start_s=span.start_s,
            stop_s=span.stop_s,
            form=PieceForm(**form.as_config()),
        )
    separator = engine_wanted()
    folder.mkdir(parents=True, exist_ok=True)
    with shown_bar(separator) as show:
        if cut is not None:
            place = folder / f"{path.stem} pieces"
            made = separate_pieces(separator, source, cut, place, name=path.name, progress=show)
            faults = {
                str(number): made.failed.get(number, f"read back: {fault}")
                for number, fault in made.faults.items()
            }
            told = {
                "what": path.name,
                "duration_s": made.plan.n_samples / made.plan.sample_rate_hz,
                "n_pieces": len(made.plan.pieces),
                "n_made": made.n_made,
                "n_lines_left_out": made.n_lines_left_out(cut),
                "failed": faults,
                "files": [str(place / MANIFEST)],
            }
            if faults:
                told["error"] = "; ".join(f"piece {n}: {why}" for n, why in faults.items())
            return told
        done = separate_file(
            separator, source, folder,
            name=path.stem, start_s=span.start_s, stop_s=span.stop_s,
            file_format=form.file_format or "flac", progress=show,
        )  # fmt: skip
        files = [done.vocals, done.accompaniment]
        if changed.vocals is not None:
            files.append(folder / f"{path.stem}.remix{done.vocals.suffix}")
            remix(
                changed.vocals, done.accompaniment, files[-1],
                vocals_gain_db=changed.gain_db, vocals_shift_s=changed.shift_s, progress=show,
            )  # fmt: skip
    return {
        "what": path.name,
        "duration_s": done.n_samples / done.sample_rate_hz,
        "files": [str(file) for file in files],
    }


def _preview(
    target: str, folder: Path, settings: "Settings", span: _Span, form: _Form, *, as_json: bool
) -> None:
    """List the pieces of a file or a stream: number, times, text, and whether they are made."""
    from utawaku.models.separator.piece_names import PieceForm
    from utawaku.models.separator.plan import cut_at_subtitles
    from utawaku.models.separator.preview import preview_pieces

    assert span.subtitles is not None
    path = Path(target).expanduser()
    if path.is_dir():
        _refuse(tr("the folder's pieces are cut already"), span=span)
    if path.is_file():
        cut = cut_at_subtitles(
            span.subtitles,
            shift_s=span.shift_s,
            start_s=span.start_s,
            stop_s=span.stop_s,
            form=PieceForm(**form.as_config()),
        )
        found = preview_pieces(path, cut, folder / f"{path.stem} pieces")
    else:
        from utawaku.commands.separate_library import preview_stream, stream_meant

        stream = stream_meant(target, settings, alone=True)
        assert stream is not None
        found = preview_stream(stream, settings, _pieces_config(span, form))
    if as_json:
        print_event("pieces", **asdict(found))
        return
    listing = table(("number", "right"), "start", "stop", "made", ("text", "whole"))
    for piece in found.pieces:
        times = (precise_clock(piece.start_s), precise_clock(piece.stop_s))
        made = tr("yes") if piece.vocals else ""
        add_row(listing, [str(piece.number), *times, made, clean_line(piece.text)])
    print_table(listing)
    _tell_left_out(found.n_lines_left_out)


def _separate_in_library(
    target: str, engine: str | None, settings: "Settings", span: _Span, form: _Form
) -> list[dict[str, Any]]:
    from utawaku.commands.separate_library import separate_songs, separate_stream, stream_meant

    stream = stream_meant(target, settings, alone=span.subtitles is not None)
    if stream is None:
        _refuse(tr("songs are taken whole"), span=span)
        _refuse(tr("the library keeps stems as FLAC"), format=form.file_format)
        return separate_songs(target, engine, settings)
    _refuse(tr("pieces of a stream are made by the engine of the settings"), engine=engine)
    return separate_stream(stream, settings, _pieces_config(span, form))


def _pieces_config(span: _Span, form: _Form) -> dict[str, Any]:
    """Return the fields of `utawaku.workflows.pieces.PiecesOptions` that the user gave."""
    return {
        # What is no file here may be one in the stream's folder.
        "subtitles": _absolute(span.subtitles),
        "shift_s": span.shift_s,
        "start_s": span.start_s,
        "stop_s": span.stop_s,
        **form.as_config(),
    }


def _absolute(path: Path | None) -> str:
    if path is None:
        return ""
    given = path.expanduser()
    return str(given.absolute() if given.is_file() else path)
