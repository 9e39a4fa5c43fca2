"""Pieces of a recording between subtitles: shifted while listening, asked for, compared, joined."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.timer import Timer
from textual.widgets import Footer, Static

from utawaku.library.errors import UtawakuError
from utawaku.library.language import msg, tr, translated, trn
from utawaku.library.planned_pieces import PlannedPiece
from utawaku.library.records import Request, Stream
from utawaku.library.requests import SeparatePieces
from utawaku.library.subtitle_files import subtitle_files
from utawaku.library.words import word
from utawaku.tui.messages import RowChosen
from utawaku.tui.piece_order import Order
from utawaku.tui.player.player import STEMS, Stem
from utawaku.tui.screens.dialogs import AskText
from utawaku.tui.screens.player_keys import PlayerKeys
from utawaku.tui.services.child_events import Child
from utawaku.tui.services.services import Services
from utawaku.tui.stem_progress import stem_progress
from utawaku.tui.text import bar, fit, shown
from utawaku.tui.widgets.piece_rows import PieceRows

SETTLE_S = 0.7
"""Nudges this close together are read as one."""
LOOK_EVERY_S = 1.0
NO_SUBTITLES = msg("No subtitles in the stream's folder: o names a file (.srt, .vtt, .ass, .lrc).")


class PiecesScreen(PlayerKeys):
    """Cut a recording at subtitles.

    Args:
        services: of the app.
        stream: what is cut.
        at_s: second of the recording to begin at.
    """

    about = msg(
        "Pieces between subtitles. Enter hears a line; [ and ] move the subtitles by 0.1 s, < and "
        "> by 1 s. ctrl+s makes the pieces; m compares mix, vocals, accompaniment; x joins them."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "close", "Back"),
        Binding("left_square_bracket", "shift(-0.1)", "Earlier", key_display="["),
        Binding("right_square_bracket", "shift(0.1)", "Later", key_display="]"),
        Binding("less_than_sign", "shift(-1)", "1 s earlier", show=False),
        Binding("greater_than_sign", "shift(1)", "1 s later", show=False),
        Binding("0", "no_shift", "As they were written", show=False),
        Binding("ctrl+s", "make", "Make"),
        Binding("m", "compare", "Compare"),
        Binding("x", "join", "Join"),
        Binding("v", "subtitles", "Next subtitles", show=False),
        Binding("o", "other_file", "Subtitles from a file", show=False),
        Binding("a", "from_here", "Begin here", show=False),
        Binding("b", "to_here", "End here", show=False),
        Binding("c", "whole", "The whole recording", show=False),
        Binding("w", "file_format", "FLAC or WAV", show=False),
        Binding("s", "sounds", "Sound of each piece", show=False),
        Binding("n", "names", "Names of files", show=False),
    ]

    def __init__(self, services: Services, stream: Stream, at_s: float = 0.0) -> None:
        super().__init__(services)
        self._stream, self._at_s = stream, at_s
        self._files: list[Path] = []
        self._order = Order()
        self._read_order: Order | None = None
        """The order that the pieces on the screen were read for."""
        self._read_pieces: Sequence[PlannedPiece] = ()
        self._folder = ""
        self._child: Child | None = None
        self._joiner: Child | None = None
        self._settling: Timer | None = None
        self._problem = ""
        self._request: Request | None = None
        self._progress = 0.0
        self._stem: Stem = "mix"
        self._compared: PlannedPiece | None = None
        """The piece whose stem is heard."""

    def compose(self) -> ComposeResult:
        """Names, what is set, pieces, how far it is."""
        with Vertical(id="pieces"):
            yield Static("", id="pieces-title", markup=False)
            yield Static("", id="pieces-order", markup=False)
            yield PieceRows()
            yield Static("", id="pieces-state", markup=False)
        yield Footer(show_command_palette=False)

    @property
    def rows(self) -> PieceRows:
        """The pieces."""
        return self.query_one(PieceRows)

    @property
    def current(self) -> PlannedPiece | None:
        """The piece under the cursor."""
        return self.rows.pieces[self.rows.cursor] if self.rows.pieces else None

    def on_mount(self) -> None:
        """Find the subtitles, and what was asked for before."""
        self.rows.focus()
        self.set_interval(0.1, self._follow)
        self.set_interval(LOOK_EVERY_S, self._look)
        library, stream = self.services.library, self._stream

        def read() -> tuple[list[Path], Request | None]:
            asked = library.catalogue.requests.of_kind(SeparatePieces)
            mine = [one for one in asked if one.target == stream.id and one.arguments]
            return subtitle_files(stream.id, library.settings), mine[0] if mine else None

        def found(result: tuple[list[Path], Request | None]) -> None:
            self._files, before = result
            if before is not None:
                self._order = Order.of(before.arguments)
            elif self._files:
                self._order = replace(self._order, subtitles=self._files[0].name)
            self._ask()

        self.services.worker.read(read, found)
        self._look()

    def on_unmount(self) -> None:
        """End the children."""
        for child in (self._child, self._joiner):
            if child is not None:
                child.stop()

    # What is set, and the pieces of it

    def _ask(self) -> None:
        """Have the pieces planned as they are asked for now."""
        if self._child is not None:
            self._child.stop()
        order, rows = self._order, self.rows
        if not order.subtitles:
            self._show(order, (), tr(NO_SUBTITLES))
            return
        rows.empty_text = type(rows).empty_text

        def heard(event: dict[str, Any]) -> None:
            if event.get("event") == "pieces":
                self._folder = event["folder"]
                self._show(order, [PlannedPiece(**one) for one in event["pieces"]], "")

        def ended(error: UtawakuError | None) -> None:
            if error is not None:
                told = translated(f"{error.problem}. {error.next_step}".strip(". ") + ".")
                self._show(order, (), shown(told))

        arguments = ["separate", self._stream.id, *order.options(), "--dry-run", "--json"]
        self._child = Child(self.app, arguments, heard, ended)
        self._write()

    def _show(self, order: Order, pieces: Sequence[PlannedPiece], problem: str) -> None:
        fresh = not self._read_pieces
        self._read_order, self._read_pieces, self._problem = order, pieces, problem
        self._lay()
        rows = self.rows
        rows.empty_text = problem
        if fresh and pieces:
            rows.cursor = rows.piece_at(self._at_s) or 0
        self._write()

    def _lay(self) -> None:
        """Draw the pieces as far moved as is asked for now."""
        before = self._read_order.shift_s if self._read_order is not None else 0.0
        by_s = round(self._order.shift_s - before, 3)
        pieces = list(self._read_pieces)
        if by_s and pieces:
            start_s, stop_s = pieces[0].start_s, pieces[-1].stop_s
            pieces = [one.moved(by_s) for one in pieces]
            # The span that is cut stays where it is.
            pieces[0] = replace(pieces[0], start_s=start_s)
            pieces[-1] = replace(pieces[-1], stop_s=stop_s)
        self.rows.pieces = pieces
        self.rows.rows_changed()

    def _change(self, order: Order, *, settle: bool = False) -> None:
        self._order = order
        self._lay()
        self._write()
        if self._settling is not None:
            self._settling.stop()
        if settle:
            self._settling = self.set_timer(SETTLE_S, self._ask)
        else:
            self._ask()

    def action_shift(self, by_s: float) -> None:
        """Move the subtitles; what is heard goes on."""
        shift_s = round(self._order.shift_s + by_s, 3)
        self._change(replace(self._order, shift_s=shift_s), settle=True)

    def action_no_shift(self) -> None:
        """As they were written."""
        self._change(replace(self._order, shift_s=0.0), settle=True)

    def action_subtitles(self) -> None:
        """The next subtitles of the stream."""
        names = [path.name for path in self._files]
        if not names:
            self.notify(tr(NO_SUBTITLES))
            return
        at = names.index(self._order.subtitles) + 1 if self._order.subtitles in names else 0
        self._change(replace(self._order, subtitles=names[at % len(names)]))

    def action_other_file(self) -> None:
        """Subtitles from anywhere."""

        def typed(text: str | None) -> None:
            if text is not None:
                path = str(Path(text).expanduser().absolute())
                self._change(replace(self._order, subtitles=path))

        self.app.push_screen(
            AskText(
                tr("Subtitles from a file"),
                help=tr("The path of a file: .srt, .vtt, .ass or .lrc."),
                check=lambda text: (
                    "" if Path(text).expanduser().is_file() else tr("There is no such file.")
                ),
            ),
            typed,
        )

    def _here_s(self) -> float:
        """Second of the recording that is heard, or where the piece under the cursor begins."""
        heard_s = self.player.recording_at_s(self._stream.id)
        if heard_s is not None:
            return round(heard_s, 2)
        return self.current.start_s if self.current is not None else 0.0

    def action_from_here(self) -> None:
        """Begin at what is heard."""
        at_s, stop_s = self._here_s(), self._order.stop_s
        stop_s = stop_s if stop_s is not None and stop_s > at_s else None
        self._change(replace(self._order, start_s=at_s, stop_s=stop_s))

    def action_to_here(self) -> None:
        """End at what is heard."""
        at_s = self._here_s()
        if at_s <= self._order.start_s:
            self.notify(tr("The end lies behind the start."), severity="warning")
            return
        self._change(replace(self._order, stop_s=at_s))

    def action_whole(self) -> None:
        """The whole recording."""
        self._change(replace(self._order, start_s=0.0, stop_s=None))

    def action_file_format(self) -> None:
        """FLAC or WAV."""
        other = "wav" if self._order.file_format == "flac" else "flac"
        self._change(replace(self._order, file_format=other))

    def action_sounds(self) -> None:
        """Keep the sound of each piece itself, or not."""
        self._change(replace(self._order, sounds=not self._order.sounds))

    def action_names(self) -> None:
        """Type the template of names."""

        def typed(text: str | None) -> None:
            if text:
                self._change(replace(self._order, names=text))

        self.app.push_screen(
            AskText(
                tr("Names of files"),
                value=self._order.names,
                help=tr("Of {fields}.", fields="{number} {start} {stop} {words} {hash}"),
            ),
            typed,
        )

    # Listening

    def on_row_chosen(self, event: RowChosen) -> None:
        """Hear the recording from this piece on."""
        event.stop()
        piece = self.current
        if piece is not None:
            self._stem, self._compared = "mix", None
            self._hear(piece.start_s)

    def _hear(self, at_s: float, to_s: float | None = None) -> None:
        player, stream = self.player, self._stream
        self.services.worker.write(lambda: player.play_recording(stream, at_s, to_s))

    def action_compare(self) -> None:
        """Hear the piece as it is, its vocals, its accompaniment: at the same moment."""
        piece, player = self.current, self.player
        if piece is None:
            return
        if not piece.vocals:
            self.notify(tr("This piece is not made yet: ctrl+s makes the pieces."))
            return
        same = self._compared is not None and self._compared.number == piece.number
        at_s = 0.0
        if same and self._stem != "mix":
            at_s = player.state.position_s if player.state.beside else 0.0
        elif (heard_s := player.recording_at_s(self._stream.id)) is not None:
            at_s = heard_s - piece.start_s
        at_s = at_s if 0 <= at_s < piece.stop_s - piece.start_s else 0.0
        before = STEMS.index(self._stem) if same else 0
        self._stem, self._compared = STEMS[(before + 1) % len(STEMS)], piece
        if self._stem == "mix":
            self._hear(piece.start_s + at_s, piece.stop_s)
        else:
            path = Path(piece.vocals if self._stem == "vocals" else piece.accompaniment)
            title = f"{word(self._stem)} {piece.number}"
            self.services.worker.write(lambda: player.play_file(path, title, at_s))
        self._write()

    def show_player(self) -> None:
        """Show what is heard."""
        if self.is_mounted:
            self._write()

    def _follow(self) -> None:
        """The cursor goes with what is heard of the recording."""
        if not self.is_current:
            return
        rows, player = self.rows, self.player
        at_s = player.recording_at_s(self._stream.id) if player.moving else None
        heard = None if at_s is None else rows.piece_at(at_s)
        if heard != rows.heard:
            rows.heard = heard
            if heard is not None and self._stem == "mix":
                rows.cursor = heard
            rows.refresh()
        self._write()

    # Making and joining

    def action_make(self) -> None:
        """Ask the pipeline for the pieces."""
        if not self._read_pieces or self._problem:
            self.notify(self._problem or tr("The subtitles are still being read."))
            return
        catalogue, wanted = self.services.library.catalogue, self._order.request(self._stream.id)
        n = len(self._read_pieces)

        def filed(request: Request) -> None:
            self._request = request
            note = self.services.pipeline.wait_note()
            self.notify(trn("{n} piece will be made{note}", "{n} pieces will be made{note}", n,
                            note=note))  # fmt: skip
            self._write()

        self.services.worker.write(lambda: catalogue.requests.file(wanted), filed)

    def _look(self) -> None:
        """Look how far the pieces are."""
        catalogue, stream_id = self.services.library.catalogue, self._stream.id

        def read() -> tuple[Request | None, float]:
            asked = catalogue.requests.of_kind(SeparatePieces)
            mine = next((one for one in asked if one.target == stream_id), None)
            if mine is None or mine.state != "running":
                return mine, 0.0
            return mine, (stem_progress(mine, catalogue) or (0.0, ""))[0]

        def found(result: tuple[Request | None, float]) -> None:
            request, self._progress = result
            before, self._request = self._request, request
            was_open = before is not None and before.state in ("queued", "running")
            if was_open and request is not None and request.state == "done":
                self._ask()
            self._write()

        if self.is_current:
            self.services.worker.read(read, found)

    def action_join(self) -> None:
        """Join the pieces to the whole, in a folder of the user's."""
        if not self._read_pieces or not all(piece.vocals for piece in self._read_pieces):
            self.notify(tr("Pieces are missing: ctrl+s makes them."), severity="warning")
            return

        def typed(text: str | None) -> None:
            if text:
                self._join_into(Path(text).expanduser().absolute())

        self.app.push_screen(
            AskText(
                tr("Join the pieces into this folder"),
                value=str(Path(self._folder).parent / "joined"),
                help=tr("Vocals, accompaniment and mix; files 0007.changed.wav are used."),
                check=lambda text: "" if text.strip() else tr("Name a folder."),
            ),
            typed,
        )

    def _join_into(self, target: Path) -> None:
        def ended(error: UtawakuError | None) -> None:
            self._joiner = None
            if error is None:
                self.notify(tr("Joined in {folder}", folder=shown(str(target))), markup=False)
            else:
                self.services.reports.report(error)
            self._write()

        arguments = ["separate", self._folder, f"--output={target}", "--json"]
        self._joiner = Child(self.app, arguments, lambda _event: None, ended)
        self._write()

    # What is told

    def _write(self) -> None:
        if not self.is_mounted:
            return
        width = self.size.width - 6
        name = shown(self._stream.title) or self._stream.id
        self.query_one("#pieces-title", Static).update(fit(name, width))
        self.query_one("#pieces-order", Static).update(
            self._order.told(width, self.app.theme_variables)
        )
        self.query_one("#pieces-state", Static).update(self._state_told(width))

    def _state_told(self, width: int) -> Text:
        colours, request = self.app.theme_variables, self._request
        muted = colours.get("muted", "")
        text = Text(no_wrap=True, overflow="ellipsis", style=muted)
        n = len(self._read_pieces)
        n_made = sum(bool(piece.vocals) for piece in self._read_pieces)
        text.append(trn("{n} piece", "{n} pieces", n) + ", " + tr("{n_made} made", n_made=n_made))
        if self._compared is not None:
            text.append(f"   {self._compared.number}: {word(self._stem)}",
                        style=colours.get("primary", ""))  # fmt: skip
        if self._joiner is not None:
            text.append("   " + tr("joining …"))
        elif request is not None and request.state == "running":
            text.append(f"   {bar(self._progress, 10)} {self._progress:4.0%}")
        elif request is not None and request.state == "queued":
            text.append("   " + tr("asked for") + self.services.pipeline.wait_note())
        elif request is not None and request.state == "failed":
            text.append("   " + shown(translated(request.message)), style=colours.get("error", ""))
        return text

    def action_close(self) -> None:
        """Back; the recording stops where only it was heard."""
        if self.player.state.beside:
            self.services.worker.write(self.player.stop)
        self.dismiss(None)
