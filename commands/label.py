"""`utawaku label`, `setlist`, `reference`, `identify`: titles and artists of songs."""

import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from utawaku.commands.console import (
    add_row,
    clock,
    err,
    losses_told_later,
    out,
    print_event,
    print_json,
    print_table,
    table,
)
from utawaku.commands.file_tracks import TrackOption, chosen_track
from utawaku.commands.help import App
from utawaku.commands.time_option import time_option
from utawaku.library.errors import ExitCode
from utawaku.library.language import tr, translated
from utawaku.library.words import word

if TYPE_CHECKING:
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.records import Setlist, SetlistLine, Song
    from utawaku.workflows.labelling import LabelDecision

reference = App(
    help="Recordings and karaoke tracks that songs are compared with.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: utawaku label 'label:unknown singer:mio'")(label)
    app.command(epilog="Example: utawaku setlist youtube-abc-c1 --paste < setlist.txt")(setlist)
    app.command(epilog="Example: utawaku identify hummed.m4a")(identify)
    app.add_typer(reference, name="reference")


def label(
    query: Annotated[
        list[str] | None, typer.Argument(help="Query for songs; default: those without a title.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Label songs again: from setlists, the own index and Shazam (waiting for its rate limit).

    Names that you gave stay. Files are tagged again and moved where the template wants them.
    """
    from utawaku.commands.pipeline import Pipeline
    from utawaku.library.shazam_status import shazam_state
    from utawaku.library.store.browse import Browser

    with Pipeline.open() as pipeline:
        browser = Browser(pipeline.catalogue, pipeline.catalogue.engine)
        listing = browser.search(" ".join(query) if query else "label:unknown")
        wanted = browser.songs(listing.numbers)
        browser.close()
        before = {song.id: (song.title, song.artist) for song in wanted}
        failed = 0
        for stream_id in dict.fromkeys(song.stream_id for song in wanted):
            stream = pipeline.catalogue.streams.get(stream_id)
            outcome = pipeline.ingest(stream, again=["labels"], wait_for_rate_limit=True)
            failed += outcome.state == "failed"
        after = [pipeline.catalogue.songs.get(song_id) for song_id in before]
        reasons = _why_unknown(pipeline.catalogue, after)
        service = shazam_state(pipeline.settings, pipeline.catalogue)
    named = [song for song in after if (song.title, song.artist) != before[song.id]]
    if json:
        print_json(
            {"asked": len(after), "changed": named, "unknown": reasons, "shazam": asdict(service)}
        )
    else:
        shown = table("title", "artist", "by", ("song", "whole"))
        for song in named:
            add_row(shown, [song.title, song.artist, word(song.label_source), song.id])
        if named:
            print_table(shown)
        unknown = sum(not song.title for song in after)
        out.print(
            tr(
                "{n_after} asked about, {n_named} named again, {unknown} unknown",
                n_after=len(after),
                n_named=len(named),
                unknown=unknown,
            )
        )
        for reason, count in Counter(reasons.values()).most_common():
            out.print(
                f"  {count} x {translated(reason)}", markup=False, style="dim", soft_wrap=True
            )
        out.print(
            tr("Shazam: {described}", described=translated(service.described())),
            markup=False,
            soft_wrap=True,
        )
    if failed:
        raise typer.Exit(ExitCode.FAILED)


def _why_unknown(catalogue: "Catalogue", asked: "Sequence[Song]") -> dict[str, str]:
    """Return why songs have no name, by song id, as the last look at each stream said."""
    reasons: dict[str, str] = {}
    for stream_id in dict.fromkeys(song.stream_id for song in asked):
        state = catalogue.assets.of(stream_id).get("labels")
        reasons |= state.metadata.get("unknown_because", {}) if state else {}
    return {song.id: reasons[song.id] for song in asked if not song.title and song.id in reasons}


def setlist(
    stream_id: Annotated[str, typer.Argument(help="Stream id.")],
    paste: Annotated[
        bool, typer.Option("--paste", help="Read a setlist from the standard input.")
    ] = False,
    file: Annotated[
        Path | None,
        typer.Option(
            help="Read a setlist from a file: text, subtitles, or markers of another program."
        ),
    ] = None,
    part: Annotated[
        str,
        typer.Option(
            "--slice",
            metavar="FROM-TO",
            help="Keep this part of the list only, e.g. 1:00:00-2:30:00; times count from its "
            "start (for a recording that holds a part of the broadcast).",
        ),
    ] = "",
    shift_s: Annotated[
        float,
        time_option(
            "--shift", "--shift-s", help_text="Time to add to every stamp (after --slice)."
        ),
    ] = 0.0,
    forget: Annotated[bool, typer.Option("--forget", help="Remove the one you gave.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show how the given list is read; change nothing.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
) -> None:
    """Show the setlists of a stream, or give your own.

    Yours wins over what the page says: songs are cut and named by it at once. Of subtitles, each
    cue is a song; so is each marker of an editor, a player or a CUE sheet. A list without times
    names the songs that were found, one a line.
    """
    from utawaku.library.records import Setlist

    given: list[SetlistLine] = []
    if not forget and (paste or file):
        given = _given_lines(file, part, shift_s, stream_id)
        if dry_run:
            if json:
                print_event("setlist", lines=[asdict(line) for line in given])
            else:
                _show_setlists([Setlist(tuple(given), "user", 1.0)], json=False)
            return
    from utawaku.commands.pipeline import Pipeline

    with Pipeline.open() as pipeline:
        stream = pipeline.catalogue.streams.get(stream_id)
        if forget:
            pipeline.catalogue.setlists.set_users(stream.id, None)
        elif given:
            pipeline.catalogue.setlists.set_users(stream.id, Setlist(tuple(given), "user", 1.0))
        if forget or given:
            outcome = pipeline.ingest(stream)
            if outcome.state == "failed":
                raise typer.Exit(outcome.exit_code)
        found = pipeline.catalogue.setlists.of_stream(stream.id)
    _show_setlists(found, json=json)


def _at(line: "SetlistLine") -> str:
    """The start of a line, and its end where the list tells it."""
    ends = f"-{clock(line.stop_s)}" if line.stop_s is not None else ""
    return clock(line.start_s) + ends


def _show_setlists(found: "Sequence[Setlist]", *, json: bool) -> None:
    from utawaku.workflows.setlists import told_offsets

    if json:
        print_json([asdict(one) for one in found])
        return
    for one in found:
        out.print(
            tr(
                "{source} {author}  trust {score:.2f}",
                source=word(one.source),
                author=one.author,
                score=one.score,
            ),
            markup=False,
            style="bold",
        )
        for sentence in told_offsets(one):
            out.print(translated(sentence), markup=False)
        shown = table(("at", "right"), "title", "artist")
        for line in one.lines:
            title = line.title if line.is_song else word(line.title)
            add_row(shown, [_at(line), title, line.artist])
        print_table(shown)
    if not found:
        out.print(tr("nobody has left timestamps for this stream"))


def _given_lines(
    file: Path | None, part: str, shift_s: float, stream_id: str
) -> "list[SetlistLine]":
    """Read the given list, cut to a part and shifted.

    Raises:
        SetlistError: it names no song, or has no times and not as many lines as there are songs.
    """
    from utawaku.library.errors import SetlistError

    try:
        lines = _read_lines(file, stream_id)
    except SetlistError as error:
        subject = error.subject or str(file or "standard input")
        raise SetlistError(error.problem, subject=subject, next_step=error.next_step) from error
    if part:
        lines = _sliced(lines, part)
    lines = _shifted(lines, shift_s)
    if not any(line.is_song for line in lines):
        raise SetlistError(
            "no line has a time and a title",
            subject=str(file or "standard input"),
            next_step="Write lines like 1:02:03 Title / Artist",
        )
    return lines


def _read_lines(file: Path | None, stream_id: str) -> "list[SetlistLine]":
    """The lines of a file (None is the standard input), text or subtitles.

    The library's artists help to tell which side of a line is the artist; a time may name a part
    of the stream.
    """
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings
    from utawaku.library.subtitle_files import SUFFIXES
    from utawaku.models.setlist import read_subtitles, read_timed_lines
    from utawaku.models.setlist.encodings import read_text
    from utawaku.workflows.recordings import part_starts_s
    from utawaku.workflows.setlists import read_users_list

    settings = load_settings()
    with closing(Catalogue.open(settings)) as catalogue:
        stream = catalogue.streams.find(stream_id)
        artists = catalogue.songs.artists()
        songs = catalogue.songs.of_stream(stream_id) if stream else []
        starts_s = part_starts_s(stream, settings) if stream else ()
    if file is not None and file.suffix.lower() in SUFFIXES:
        return read_timed_lines(read_subtitles(file), known_artists=artists)
    text = sys.stdin.read() if file is None else read_text(file)
    return read_users_list(text, songs, known_artists=artists, part_starts_s=starts_s)


def _sliced(lines: "Sequence[SetlistLine]", part: str) -> "list[SetlistLine]":
    """The lines that start within `FROM-TO`, their times counted from FROM."""
    start_s, stop_s = _span_of(part)
    kept = [line for line in lines if start_s <= line.start_s < stop_s]
    clipped = [
        line if line.stop_s is None else replace(line, stop_s=min(line.stop_s, stop_s))
        for line in kept
    ]
    return _shifted(clipped, -start_s)


def _span_of(part: str) -> tuple[float, float]:
    """The seconds of `FROM-TO`, in any form of a time."""
    from utawaku.library.errors import SetlistError, UsageError
    from utawaku.library.time_reading import read_time
    from utawaku.models.setlist.stamps import find_stamps

    start, _, stop = part.partition("-")
    try:
        return read_time(start), read_time(stop)
    except UsageError:
        stamps = find_stamps(part)
    if len(stamps) != 1 or stamps[0].stop_s is None:
        raise SetlistError(
            "not a part of a recording", subject=part, next_step="Write it like 1:00:00-2:30:00"
        )
    return stamps[0].start_s, stamps[0].stop_s


def _shifted(lines: "Sequence[SetlistLine]", by_s: float) -> "list[SetlistLine]":
    """Lines moved; what would start before the recording is not in it."""
    return [
        replace(
            line,
            start_s=line.start_s + by_s,
            stop_s=None if line.stop_s is None else line.stop_s + by_s,
        )
        for line in lines
        if line.start_s + by_s >= 0
    ]


@reference.command("add", epilog="Example: utawaku reference add ~/Karaoke")
def add_reference(
    folder: Annotated[Path, typer.Argument(help="Folder of recordings or karaoke tracks.")],
    track: TrackOption = "",
) -> None:
    """Add the recordings of a folder to the fingerprint index (their tags give the titles).

    Songs sung over these tracks are then named, in another key too. What is known already is
    skipped; a file that cannot be read, or lacks the sound track, is named and skipped.
    """
    from rich.progress import Progress

    from utawaku.commands.console import print_error
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings
    from utawaku.library.errors import UtawakuError
    from utawaku.media.folders import media_files
    from utawaku.workflows.stream_labels import open_index

    settings = load_settings()
    files = [path for path, _ in media_files(folder)]
    if not files:
        raise UtawakuError("no audio files in it", subject=str(folder))
    added = failed = 0
    with (
        closing(Catalogue.open(settings)) as catalogue,
        open_index(settings, catalogue) as index,
        Progress(console=err) as bar,
    ):
        for path in bar.track(files, description=tr("listening")):
            key = f"reference:{path.absolute()}" + (f"#{track}" if track else "")
            if key in index:
                continue
            try:
                _add(index, key, path, track)
                added += 1
            except UtawakuError as error:
                failed += 1
                print_error(error)
        known = len(index)
    out.print(
        tr(
            "{added} added, {failed} unreadable; {known} recordings are known",
            added=added,
            failed=failed,
            known=known,
        )
    )
    if failed and not added:
        raise typer.Exit(ExitCode.BAD_MEDIA)


def _add(index: object, key: str, path: Path, track: str) -> None:
    from utawaku.library.errors import TagError
    from utawaku.library.tags import SongTags, read_tags
    from utawaku.media.decode import load
    from utawaku.models.fingerprint import FingerprintIndex, fingerprint

    assert isinstance(index, FingerprintIndex)
    try:
        tags = read_tags(path)
    except TagError:
        tags = SongTags()
    with chosen_track(path, track) as source:
        samples, _ = load(source, sample_rate_hz=16_000, n_channels=1)
    heard = fingerprint(samples.reshape(-1))
    index.add(
        key,
        heard.peaks,
        heard.chroma,
        title=tags.title or path.stem,
        artist=tags.artist or "",
        kind="reference",
        isrc=tags.isrc or "",
    )


@reference.command("list", epilog="Example: utawaku reference list")
def list_references() -> None:
    """Show how many recordings the fingerprint index holds, and its size."""
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings
    from utawaku.workflows.stream_labels import open_index

    settings = load_settings()
    with closing(Catalogue.open(settings)) as catalogue, open_index(settings, catalogue) as index:
        size = index.size()
        out.print(tr("{n_keys} songs of the library", n_keys=len(index.keys("song"))))
        out.print(tr("{n_keys} reference recordings", n_keys=len(index.keys("reference"))))
        out.print(
            tr(
                "{bytes_per_recording:.0f} kB a recording on disk",
                bytes_per_recording=size.bytes_per_recording / 1000,
            )
        )


def identify(
    file: Annotated[Path, typer.Argument(help="Audio or video file.")],
    shazam: Annotated[bool, typer.Option(help="Ask Shazam where the own index is unsure.")] = True,
    track: TrackOption = "",
    json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
) -> None:
    """Identify a file. Nothing is stored.

    Exit codes: 0 done; 10 done, but the file is damaged; 11 done of what is there, but it is cut
    off; 3 not media; 9 no sound, or not that track; 12 nothing of it plays.
    """
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings
    from utawaku.media.decode import load
    from utawaku.models.fingerprint import identify as ask_index
    from utawaku.workflows.labelling import decide
    from utawaku.workflows.stream_labels import open_index, shazam_client

    settings = load_settings()
    with chosen_track(file, track) as source, losses_told_later() as losses:
        samples, _ = load(source, sample_rate_hz=16_000, n_channels=1)
    audio = samples.reshape(-1)
    with (
        closing(Catalogue.open(settings)) as catalogue,
        open_index(settings, catalogue) as index,
        err.status(tr("listening")),
    ):
        found = ask_index(index, audio)
        client = None
        if shazam:
            client = shazam_client(settings, catalogue, wait_for_rate_limit=True)
        decision = decide(found, settings.labels, audio, client)
    code = losses.tell()
    if json:
        print_json([asdict(candidate) for candidate in decision.candidates])
    else:
        _show_decision(decision)
    if code:
        raise typer.Exit(code)


def _show_decision(decision: "LabelDecision") -> None:
    shown = table(("score", "right"), "title", "artist", "source")
    for candidate in decision.candidates:
        add_row(
            shown,
            [f"{candidate.score:.2f}", candidate.title, candidate.artist, candidate.source],
        )
    if decision.candidates:
        print_table(shown)
    if decision.applied is None:
        out.print(tr("unknown: {reason}", reason=translated(decision.reason)), markup=False)
