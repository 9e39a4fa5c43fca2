"""What is published, what is on its way, and what needs a human."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Static

from utawaku.library.publish.preflight import BILIBILI, OPEN, Finding, check, check_title_is_new
from utawaku.library.publish.records import Part, QueueHold, Submission
from utawaku.tui.background import Latest
from utawaku.tui.screens.base import Place
from utawaku.tui.screens.compose import ComposeScreen
from utawaku.tui.screens.dialogs import Confirm
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

    empty_text = "Nothing to publish yet: p in the library begins a submission."

    def __init__(self) -> None:
        super().__init__(id="submissions")
        self.submissions: Sequence[Submission] = ()

    def row_count(self) -> int:
        """How many submissions are listed."""
        return len(self.submissions)

    def draw_header(self, width: int) -> list[Cell]:
        """Titles."""
        return [(fit("  State       To         Title", width), None)]

    def draw_row(self, index: int, width: int) -> list[Cell]:
        """State, target, title, progress, when."""
        submission = self.submissions[index]
        room = max(10, width - 12 - 11 - 20 - 14)
        if submission.state in ("uploading", "submitting", "queued"):
            told = f"{bar(progress_of(submission), 8)} "
        else:
            told = ""
        told += f"{submission.n_uploaded}/{len(submission.parts)} parts"
        return [
            ("  " + fit(submission.state, 12), self.look(_LOOKS.get(submission.state, "muted"))),
            (fit(submission.target, 11), self.look("muted")),
            (fit(shown(submission.title), room - 2) + "  ", None),
            (fit(told, 20), self.look("muted")),
            (fit(ago(time.time() - submission.updated_at), 11, right=True) + " ",
             self.look("faint")),
        ]  # fmt: skip


class OutboxScreen(Place):
    """Submissions."""

    mode = "outbox"
    about = "What is published, what is on its way, and what needs you."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open"),
        Binding("s", "send", "Send"),
        Binding("D", "draft", "Back to draft"),
        Binding("x", "delete", "Delete draft"),
        Binding("y", "release", "Go on"),
        Binding("A", "adopt", "It is there"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._reader: Latest | None = None
        self._holds: Sequence[QueueHold] = ()

    def compose_body(self) -> ComposeResult:
        """List and details."""
        self._reader = Latest("outbox", self.app.call_later)
        with Vertical(id="outbox-body"):
            yield Static("", id="outbox-holds", markup=False)
            with Horizontal():
                yield SubmissionRows()
                with VerticalScroll(id="submission-details", can_focus=False):
                    yield Static("", id="submission-text", markup=False)

    def on_mount(self) -> None:
        """Look every second while in sight."""
        self.query_one(SubmissionRows).focus()
        self.set_interval(1.0, self.look_again)

    def on_unmount(self) -> None:
        """Look no more."""
        if self._reader is not None:
            self._reader.close()

    def on_resize(self) -> None:
        """Details need room."""
        self.query_one("#submission-details").display = self.size.width >= 120

    def look_again(self) -> None:
        """Read what happens."""
        if self._reader is None or not (self.is_current and self.app.is_running):
            return
        catalogue = self.utawaku.catalogue
        self._reader.submit(lambda: read_outbox(catalogue), self._arrived)

    def _arrived(self, found: Any) -> None:
        if not self.app.is_running:
            return
        if isinstance(found, Exception):
            self.utawaku.told_of(found)
            return
        rows = self.query_one(SubmissionRows)
        rows.submissions, self._holds = found
        rows.rows_changed()
        holds = "   ".join(
            f"{hold.target} {shown(hold.account)} waits for you: {shown(hold.message)} (y goes on)"
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

    def on_rows_moved(self, event: Rows.Moved) -> None:
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
            submission.state,
            f"{submission.target} {shown(submission.account)}",
            submission.remote_id,
        ]
        text.append("  ".join(fact for fact in facts if fact) + "\n", style=f"not bold {muted}")
        if submission.message:
            text.append(shown(submission.message) + "\n", style=colours.get("warning", ""))
        text.append("\n")
        for part in submission.parts:
            text.append(part_line(part) + "\n", style="not bold")
        text.append(f"\n{', '.join(map(shown, submission.tags))}\n", style=f"not bold {muted}")
        return text

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Enter."""
        event.stop()
        self.action_open()

    def action_open(self) -> None:
        """Look into it; drafts can be changed."""
        submission = self.current
        if submission is not None:
            self.app.push_screen(ComposeScreen(submission), lambda _: self.look_again())

    def action_send(self) -> None:
        """Put a draft, or what was held or failed, into the queue."""
        submission = self.current
        if submission is None:
            return
        if submission.state not in ("draft", "held", "failed"):
            self.notify(f"It is {submission.state} already.")
            return
        self.utawaku.send_submission(submission)

    def action_adopt(self) -> None:
        """Count a held submission as published: what was found on the target is it."""
        submission = self.current
        if submission is None or submission.state != "held" or not submission.candidate_id:
            self.notify("Nothing was found on the target that could be this one.")
            return
        store = self.utawaku.catalogue.submissions

        def answered(sure: bool | None) -> None:
            if sure:
                self.utawaku.write(lambda: store.adopt(submission.id), lambda _: self.look_again())

        self.app.push_screen(
            Confirm(
                f"Is {submission.candidate_id} this submission?",
                shown(submission.message),
                yes="It is",
            ),
            answered,
        )

    def action_draft(self) -> None:
        """Take it out of the queue, to change it."""
        submission = self.current
        if submission is not None:
            store = self.utawaku.catalogue.submissions
            self.utawaku.write(
                lambda: store.move(submission.id, "draft"), lambda _: self.look_again()
            )

    def action_delete(self) -> None:
        """Throw a draft away."""
        submission = self.current
        if submission is None:
            return
        if submission.state != "draft":
            self.notify("Only drafts can be deleted: D makes it one.")
            return
        store = self.utawaku.catalogue.submissions

        def undone() -> None:
            store.add(submission)

        def answered(sure: bool | None) -> None:
            if sure:

                def done(_result: Any) -> None:
                    self.utawaku.offer_undo("deleting a draft", undone)
                    self.look_again()

                self.utawaku.write(lambda: store.delete(submission.id), done)

        self.app.push_screen(Confirm(f"Delete the draft {submission.title}?"), answered)

    def action_release(self) -> None:
        """The human has done what was needed: let the queue go on."""
        store, holds = self.utawaku.catalogue.submissions, list(self._holds)
        if not holds:
            self.notify("Nothing waits for you.")
            return

        def release() -> None:
            for hold in holds:
                store.release(hold.target, hold.account)

        self.utawaku.write(release, lambda _: self.look_again())


def read_outbox(catalogue: "Catalogue") -> tuple[list[Submission], Sequence[QueueHold]]:
    """Submissions and holds; off the event loop."""
    return catalogue.submissions.recent(limit=300), catalogue.submissions.holds()


def part_line(part: Part) -> str:
    """Order, state, title of a part."""
    sign = {"uploaded": "●", "uploading": "◐", "failed": "×"}.get(part.state, "○")
    sent = ""
    if part.state == "uploading" and part.size_bytes:
        sent = f"  {part.bytes_sent / part.size_bytes:.0%}"
    message = f"  {shown(part.message)}" if part.message else ""
    return f"{sign} P{part.position + 1} {shown(part.title)}{sent}{message}"


def findings_of(submission: Submission, catalogue: "Catalogue") -> list[Finding]:
    """What the site would refuse."""
    limits = BILIBILI if submission.target == "bilibili" else OPEN
    taken = catalogue.submissions.titles(
        submission.target, submission.account, before=submission.id
    )
    return check(submission, limits, now=time.time()) + check_title_is_new(
        submission, taken, limits
    )
