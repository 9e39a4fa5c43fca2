"""Pieces of a recording: where they lie, and the cut that a request asks for."""

from dataclasses import dataclass
from pathlib import Path

from utawaku.library.config import Settings
from utawaku.library.errors import NotFoundError, UsageError
from utawaku.library.files import safe_component
from utawaku.library.subtitle_files import subtitle_files
from utawaku.models.separator.piece_names import BY_NUMBER, PieceForm
from utawaku.models.separator.plan import MANIFEST, Cut, cut_at_subtitles
from utawaku.workflows.stems import stems_folder

CODE_VERSION = "1"


ENDING = " pieces"
"""Of the names of folders of pieces."""


def pieces_folder(stream_id: str, subtitles: Path, cut: Cut, settings: Settings) -> Path:
    """Return where the pieces lie that a span of a recording is cut into at a file of subtitles.

    The name stays when the lines are moved or mended; another span has another folder.
    """
    span = ""
    if cut.start_s or cut.stop_s is not None:
        stop = "" if cut.stop_s is None else f"{cut.stop_s * 1000:.0f}"
        span = f" {cut.start_s * 1000:.0f}-{stop}"
    name = safe_component(subtitles.stem, max_bytes=200) + span + ENDING
    return stems_folder(stream_id, settings) / name


def known_pieces(stream_id: str, settings: Settings) -> list[Path]:
    """Folders of pieces that a stream has."""
    manifests = stems_folder(stream_id, settings).glob(f"*/{MANIFEST}")
    return sorted(manifest.parent for manifest in manifests)


def find_subtitles(name: str, stream_id: str, settings: Settings) -> Path:
    """The file that the user means, wherever it is or by its name in the stream's folder.

    Raises:
        NotFoundError: there is none; says which ones the stream has.
    """
    given = Path(name).expanduser()
    if given.is_file():
        return given
    own = {path.name: path for path in subtitle_files(stream_id, settings)}
    if name in own:
        return own[name]
    listed = ", ".join(sorted(own)) or "none"
    raise NotFoundError(
        "there are no such subtitles" if name else "no subtitles were given, now or before",
        subject=name or stream_id,
        next_step=f"Name a .srt, .vtt, .ass, .ssa or .lrc file; in the stream's own folder: "
        f"{listed}",
    )


@dataclass(frozen=True)
class PiecesOptions:
    """Subtitles to cut a recording at; without them, all that was cut before is brought up to date.

    Times are seconds of the recording.
    """

    subtitles: str = ""
    """A file of subtitles, or the name of one in the stream's folder."""
    shift_s: float = 0.0
    """Added to the times of the lines."""
    start_s: float = 0.0
    stop_s: float | None = None
    file_format: str = "flac"
    names: str = BY_NUMBER
    """Template: see `utawaku.models.separator.piece_names.PieceForm`."""
    sounds: bool = False


def asked_for(options: PiecesOptions, stream_id: str, settings: Settings) -> dict[Path, Cut]:
    """The cut that the run is asked for and where its pieces belong; none where nothing is new.

    Raises:
        NotFoundError, SetlistError, UsageError: there is nothing to go by.
    """
    if not options.subtitles and known_pieces(stream_id, settings):
        if options != PiecesOptions():
            raise UsageError(
                "times and the form of files go with subtitles",
                subject=stream_id,
                next_step="Name the subtitles again",
            )
        return {}
    subtitles = find_subtitles(options.subtitles, stream_id, settings)
    cut = cut_at_subtitles(
        subtitles,
        shift_s=options.shift_s,
        start_s=options.start_s,
        stop_s=options.stop_s,
        form=PieceForm(options.file_format, options.names, options.sounds),
    )
    return {pieces_folder(stream_id, subtitles, cut, settings): cut}
