"""`utawaku highlight`: the highlight of files, without touching the library."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from utawaku.commands.console import (
    add_row,
    bar,
    clock,
    losses_told_later,
    out,
    print_error,
    print_json,
    print_table,
    table,
)
from utawaku.commands.device import DeviceOption
from utawaku.commands.file_tracks import TrackOption, chosen_track
from utawaku.library.errors import UsageError, UtawakuError, exit_code_of, file_trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from utawaku.workflows.file_highlights import FileHighlight


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: utawaku highlight *.mp3 --clips highlights/")(highlight)


def highlight(
    files: Annotated[list[Path], typer.Argument(help="Songs, or folders of songs.")],
    subtitles: Annotated[
        Path | None, typer.Option(help="Subtitles (.srt, .vtt, .ass, .lrc) of the (one) song.")
    ] = None,
    track: TrackOption = "",
    device: DeviceOption = None,
    clips: Annotated[
        Path | None, typer.Option(help="Write each highlight as a file into this folder.")
    ] = None,
    codec: Annotated[
        str,
        typer.Option(
            "--format",
            help="Of the clips: auto (as the song, where it can be cut), opus, mp3, "
            "flac, m4a, or copy (never encode).",
        ),
    ] = "auto",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Find the highlight (30 s), tempo and key of songs; the curve has one value a second.

    A song that cannot be read does not stop the others. Exit codes: 0 done; 10 done, but a song is
    damaged; 11 done of what is there, but one is cut off; 3 not media; 9 no sound, or not that
    track; 12 nothing of it plays; 1 failures of several kinds.
    """
    from utawaku.library.config import load_settings
    from utawaku.media.cut import AudioCodec
    from utawaku.models.highlight.engine import interest_engine
    from utawaku.models.setlist.subtitles import read_subtitles
    from utawaku.workflows.file_highlights import (
        files_in,
        highlight_of_file,
        write_highlight_clip,
    )

    # It is how people name a format, too.
    kind = codec.lower().removeprefix(".")
    if kind not in get_args(AudioCodec):
        raise typer.BadParameter(f"choose {', '.join(get_args(AudioCodec))}", param_hint="--format")
    engine = interest_engine(load_settings().highlight)
    cues = read_subtitles(subtitles) if subtitles else []
    if clips:
        _make(clips)

    def one(file: Path) -> dict[str, Any]:
        with chosen_track(file, track) as source:
            found = highlight_of_file(file, engine, cues, source=source)
            if not clips:
                return _row(found)
            return {**_row(found), "clip": write_highlight_clip(found, clips, kind)}  # type: ignore[arg-type]

    rows, code = _rows(files_in(files, without=[clips] if clips else []), one)
    if json:
        print_json({"highlights": rows})
    else:
        _show(rows)
    if code:
        raise typer.Exit(code)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise file_trouble(error, str(folder)) or UsageError(
            f"cannot be made a folder ({error.strerror})",
            subject=str(folder),
            next_step="Give another one",
        ) from error


def _rows(
    files: "Sequence[Path]", one: "Callable[[Path], dict[str, Any]]"
) -> tuple[list[dict[str, Any]], int]:
    """Work on one file after another; one that fails is named, and the others go on.

    Returns:
        A row for each, and the exit code.
    """
    rows: list[dict[str, Any]] = []
    codes: list[int] = []
    with bar("highlights") as show:
        for number, file in enumerate(files):
            show(number / len(files), file.name)
            try:
                with losses_told_later() as losses:
                    rows.append(one(file))
            except UtawakuError as error:
                print_error(error)
                rows.append({"file": file, "error": str(error)})
                codes.append(error.exit_code)
            else:
                codes.append(losses.tell())
    return rows, exit_code_of(codes)


def _row(found: "FileHighlight") -> dict[str, Any]:
    return {
        "file": found.path,
        "start_s": found.start_s,
        "stop_s": found.stop_s,
        "source": found.source,
        "certainty": None if found.certainty is None else round(found.certainty, 3),
        "bpm": found.bpm,
        "key": found.key,
        "curve": [round(float(value), 3) for value in found.curve],
    }


def _show(rows: "Sequence[dict[str, Any]]") -> None:
    listing = table(
        "song", ("from", "right"), ("to", "right"), ("BPM", "right"), "key", "by", ("sure", "right")
    )
    for row in rows:
        if "error" in row:
            continue
        bpm = f"{row['bpm']:.1f}" if row["bpm"] else ""
        sure = "" if row["certainty"] is None else f"{row['certainty']:.0%}"
        cells = [clock(row["start_s"]), clock(row["stop_s"]), bpm, row["key"], row["source"], sure]
        add_row(listing, [row["file"].name, *cells])
    print_table(listing)
    for row in rows:
        if "clip" in row:
            out.print(str(row["clip"]), markup=False, soft_wrap=True)
