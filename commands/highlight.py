"""`utawaku highlight`: the highlight of files, without touching the library."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from utawaku.commands.console import (
    add_row,
    clock,
    losses_told_later,
    print_error,
    print_json,
    print_table,
    table,
)
from utawaku.commands.device import DeviceOption
from utawaku.commands.file_tracks import TrackOption, chosen_track
from utawaku.library.errors import UtawakuError, exit_code_of

if TYPE_CHECKING:
    import numpy as np


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: utawaku highlight song.mp3 --json")(highlight)


def highlight(
    files: Annotated[list[Path], typer.Argument(help="Songs.")],
    subtitles: Annotated[
        Path | None, typer.Option(help=".srt or .vtt with the words of the (one) song.")
    ] = None,
    track: TrackOption = "",
    device: DeviceOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Find the highlight (30 s), tempo and key of songs; the curve has one value a second.

    A song that cannot be read does not stop the others. Exit codes: 0 done; 10 done, but a song is
    damaged; 11 done of what is there, but one is cut off; 3 not media; 9 no sound, or not that
    track; 12 nothing of it plays; 1 failures of several kinds.
    """
    from utawaku.library.config import load_settings
    from utawaku.models.highlight import best_window, from_lyrics
    from utawaku.models.highlight.engine import interest_engine
    from utawaku.models.setlist.subtitles import read_subtitles
    from utawaku.models.tempo import estimate_key, estimate_tempo, listen_file

    engine = interest_engine(load_settings().highlight)
    cues = read_subtitles(subtitles) if subtitles else []
    rows: list[dict[str, Any]] = []
    codes: list[int] = []
    for file in files:
        try:
            with chosen_track(file, track) as source, losses_told_later() as losses:
                heard = listen_file(source)
                lyrics = from_lyrics(cues, heard.duration_s)
                curve = lyrics
                if curve is None:
                    curve = engine.curve(heard, partial(_sound, source))
        except UtawakuError as error:
            print_error(error)
            rows.append({"file": file, "error": str(error)})
            codes.append(error.exit_code)
            continue
        codes.append(losses.tell())
        start_s, stop_s = best_window(curve, heard.duration_s)
        rows.append(
            {
                "file": file,
                "start_s": start_s,
                "stop_s": stop_s,
                "source": "model" if lyrics is None else "lyrics",
                "bpm": estimate_tempo(heard).bpm,
                "key": estimate_key(heard).name,
                "curve": [round(float(value), 3) for value in curve],
            }
        )
    if json:
        print_json({"highlights": rows})
    else:
        listing = table("song", ("from", "right"), ("to", "right"), ("BPM", "right"), "key", "by")
        for row in rows:
            if "error" in row:
                continue
            bpm = f"{row['bpm']:.1f}" if row["bpm"] else ""
            cells = [clock(row["start_s"]), clock(row["stop_s"]), bpm, row["key"], row["source"]]
            add_row(listing, [row["file"].name, *cells])
        print_table(listing)
    if code := exit_code_of(codes):
        raise typer.Exit(code)


def _sound(file: Path, sample_rate_hz: int) -> Iterator["np.ndarray"]:
    from utawaku.media.decode import decode

    return decode(file, sample_rate_hz=sample_rate_hz, n_channels=1)
