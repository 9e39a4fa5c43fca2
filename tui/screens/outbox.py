"""The outbox: published, on its way, or waiting for the user."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Static

from utawaku.library.language import msg, tr, translated
from utawaku.library.publish.records import Part, QueueHold, Submission
from utawaku.library.words import word
from utawaku.tui.background import Latest, while_running
from utawaku.tui.messages import CursorMoved, RowChosen
from utawaku.tui.screens.dialogs import Confirm
from utawaku.tui.screens.sending import ask_to_publish
from utawaku.tui.screens.submission import SubmissionScreen
from utawaku.tui.screens.tab_screen import TabScreen
from utawaku.tui.services.services import Services
from utawaku.tui.services.undo_stack import Step
from utawaku.tui.text import ago, bar, fit, shown
from utawaku.tui.widgets.rows import Cell, Rows

if TYPE_CHECKING:
    from utawaku.library.catalogue import Catalogue

_LOOKS = {
    "published": "good",
    "uploading": "accent",
    "submitting": "accent",
    "held": "warn",
    "failed": "bad",
}


def progress_of(submission: Submission) -> float:
    """Share that is on the target, in [0, 1]: of the bytes, or of the parts of unknown size."""
    total = sum(part.size_bytes for part in submission.parts)
    if not total:
        return submission.n_uploaded / max(1, len(submission.parts))
    sent = sum(
        part.size_bytes if part.state == "uploaded" else min(part.bytes_sent, part.size_bytes)
        for part in submission.parts
    )
    return sent / total


class SubmissionRows(Rows):
    """Submissions, the latest first."""

    empty_text = msg("Nothing to publish yet: p in the library begins a submission.")

    def __init__(self) -> None:
        super().__init__(id="submissions")
        self.submissions: Sequence[Submission] = ()

    def row_count(self) -> int:
        """Return how many submissions are listed."""
        return len(self.submissions)

    def draw_header(self, width: int) -> list[Cell]:
        """Draw the titles."""
        room, n_told, _n_when = self._rooms(width)
        heads = ((tr("State"), 12), (tr("To"), 10), (tr("Title"), room), (tr("Parts"), n_told))
        text = "  " + "".join(fit(head, cells) for head, cells in heads)
        return [(fit(text, width), None)]

    def _rooms(self, width: int) -> tuple[int, int, int]:
        """Return the cells for the title, for the parts and for the time: what rows need."""
        n_told = (
            max([cell_len(tr("Parts")), *(len(_parts_of(one)) for one in self.submissions)]) + 2
        )
        n_when = max([0, *(cell_len(_when(one)) for one in self.submissions)]) + 1
        room = width - 14 - 10 - n_told - n_when
        if room < 24:  # a title needs the room more than a time
            room, n_when = room + n_when, 0
        return max(10, room), n_told, n_when

    def draw_row(self, index: int, width: int) -> list[Cell]:
        """Draw state, target, title, parts, time."""
        submission = self.submissions[index]
        room, n_told, n_when = self._rooms(width)
        return [
            (
                "  " + fit(word(submission.state), 12),
                self.look(_LOOKS.get(submission.state, "muted")),
            ),
            (fit(submission.target, 10), self.look("muted")),
            (fit(shown(submission.title), room - 2, middle=True) + "  ", None),
            (fit(_parts_of(submission), n_told), self.look("muted")),
            (fit(_when(submission) + " ", n_when, right=True), self.look("faint")),
        ]


def _parts_of(submission: Submission) -> str:
    """Return how many parts are uploaded, with a bar while they are on their way."""
    told = f"{submission.n_uploaded}/{len(submission.parts)}"
    if submission.state in ("uploading", "submitting", "queued"):
        return f"{bar(progress_of(submission), 8)} {told}"
    return told


def _when(submission: Submission) -> str:
    return ago(time.time() - submission.updated_at)


class OutboxScreen(TabScreen):
    """Submissions."""

    mode = "outbox"
    about = msg("What is published, what is on its way, and what needs you.")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open"),
        Binding("s", "send", "Send"),
        Binding("D", "draft", "To draft"),
        Binding("x", "delete", "Delete"),
        Binding("y", "release", "Go on"),
        Binding("A", "adopt", "It is there"),
    ]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._reader: Latest | None = None
        self._holds: Sequence[QueueHold] = ()

    def restyle(self) -> None:
        """Draw texts again that hold colours of the theme."""
        super().restyle()
        self._show()

    def compose_body(self) -> ComposeResult:
        """List and details."""
        self._reader = Latest("outbox", while_running(self.app))
        with Vertical(id="outbox-body"):
            yield Static("", id="outbox-holds", markup=False)
            with Horizontal():
                yield SubmissionRows()
                with VerticalScroll(id="submission-details", can_focus=False):
                    yield Static("", id="submission-text", markup=False)

    def on_mount(self) -> None:
        """Look every second while in sight."""
        self.query_one(SubmissionRows).focus()
        self.set_interval(1.0, self.refresh_data)

    def on_unmount(self) -> None:
        """Look no more."""
        if self._reader is not None:
            self._reader.close()

    def on_resize(self) -> None:
        """Details need room."""
        details = self.query_one("#submission-details")
        details.display = self.size.width >= 112
        details.styles.width = min(72, max(40, self.size.width * 3 // 8))

    def refresh_data(self) -> None:
        """Read what happens."""
        if self._reader is None or not (self.is_current and self.app.is_running):
            return
        catalogue = self.catalogue
        self._reader.submit(lambda: read_outbox(catalogue), self._arrived)

    def _arrived(self, found: Any) -> None:
        if not self.app.is_running:
            return
        if isinstance(found, Exception):
            self.services.reports.report_or_raise(found)
            return
        rows = self.query_one(SubmissionRows)
        rows.submissions, self._holds = found
        rows.rows_changed()
        holds = "   ".join(
            tr(
                "{target} {account} waits for you: {message} (y goes on)",
                target=hold.target,
                account=shown(hold.account),
                message=shown(translated(hold.message)),
            )
            for hold in self._holds
        )
        line = self.query_one("#outbox-holds", Static)
        line.update(holds)
        line.display = bool(holds)
        self._show()

    @property
    def current(self) -> Submission | None:
        """The submission under the cursor."""
        rows = self.query_one(SubmissionRows)
        return rows.submissions[rows.cursor] if rows.submissions else None

    def on_cursor_moved(self, event: CursorMoved) -> None:
        """Tell about the submission under the cursor."""
        event.stop()
        self._show()

    def _show(self) -> None:
        submission = self.current
        text = self.query_one("#submission-text", Static)
        text.update("" if submission is None else self._tell(submission))

    def _tell(self, submission: Submission) -> Text:
        colours = self.app.theme_variables
        muted = colours.get("muted", "")
        text = Text(shown(submission.title) + "\n", style="bold")
        facts = [
            word(submission.state),
            f"{submission.target} {shown(submission.account)}",
            submission.remote_id,
        ]
        text.append("  ".join(fact for fact in facts if fact) + "\n", style=f"not bold {muted}")
        if submission.message:
            text.append(
                shown(translated(submission.message)) + "\n", style=colours.get("warning", "")
            )
        text.append("\n")
        for part in submission.parts:
            text.append(part_line(part) + "\n", style="not bold")
        text.append(f"\n{', '.join(map(shown, submission.tags))}\n", style=f"not bold {muted}")
        return text

    def on_row_chosen(self, event: RowChosen) -> None:
        """Enter."""
        event.stop()
        self.action_open()

    def action_open(self) -> None:
        """Look into it; drafts can be changed."""
        submission = self.current
        if submission is not None:
            self.app.push_screen(
                SubmissionScreen(submission, self.services), lambda _: self.refresh_data()
            )

    def action_send(self) -> None:
        """Put a draft, or what was held or failed, into the queue."""
        submission = self.current
        if submission is None:
            return
        if submission.state not in ("draft", "held", "failed"):
            self.notify(tr("It is {state} already.", state=word(submission.state)))
            return
        ask_to_publish(self.app, self.services, submission)

    def action_adopt(self) -> None:
        """Count a held submission as published: what was found on the target is it."""
        submission = self.current
        if submission is None or submission.state != "held" or not submission.candidate_id:
            self.notify(tr("Nothing was found on the target that could be this one."))
            return
        store = self.catalogue.submissions

        def answered(sure: bool | None) -> None:
            if sure:
                self.worker.write(lambda: store.adopt(submission.id), lambda _: self.refresh_data())

        self.app.push_screen(
            Confirm(
                tr("Is {candidate_id} this submission?", candidate_id=submission.candidate_id),
                shown(translated(submission.message)),
                yes=tr("It is"),
            ),
            answered,
        )

    def action_draft(self) -> None:
        """Take it out of the queue, to change it."""
        submission = self.current
        if submission is not None:
            store = self.catalogue.submissions
            self.worker.write(
                lambda: store.move(submission.id, "draft"), lambda _: self.refresh_data()
            )

    def action_delete(self) -> None:
        """Throw a draft away."""
        submission = self.current
        if submission is None:
            return
        if submission.state != "draft":
            self.notify(tr("Only drafts can be deleted: D makes it one."))
            return
        store = self.catalogue.submissions

        stored = submission

        def delete() -> int:
            store.delete(stored.id)
            return stored.id

        def undo(_number: int) -> None:
            nonlocal stored
            stored = store.add(submission)

        def answered(sure: bool | None) -> None:
            if sure:
                self.services.undo.run(
                    Step(tr("deleting a draft"), delete, undo), lambda _: self.refresh_data()
                )

        self.app.push_screen(
            Confirm(tr("Delete the draft {title}?", title=submission.title)), answered
        )

    def action_release(self) -> None:
        """The human has done what was needed: let the queue go on."""
        store, holds = self.catalogue.submissions, list(self._holds)
        if not holds:
            self.notify(tr("Nothing waits for you."))
            return

        def release() -> None:
            for hold in holds:
                store.release(hold.target, hold.account)

        self.worker.write(release, lambda _: self.refresh_data())


def read_outbox(catalogue: "Catalogue") -> tuple[list[Submission], Sequence[QueueHold]]:
    """Submissions and holds; off the event loop."""
    return catalogue.submissions.recent(limit=300), catalogue.submissions.holds()


def part_line(part: Part) -> str:
    """Order, state, title of a part."""
    sign = {"uploaded": "●", "uploading": "◐", "failed": "×"}.get(part.state, "○")
    sent = ""
    if part.state == "uploading" and part.size_bytes:
        sent = f"  {part.bytes_sent / part.size_bytes:.0%}"
    message = f"  {shown(translated(part.message))}" if part.message else ""
    return f"{sign} P{part.position + 1} {shown(part.title)}{sent}{message}"
