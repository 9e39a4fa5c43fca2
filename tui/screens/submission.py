"""One submission in the making: words, order, schedule, and what the site would refuse."""

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static, TextArea

from utawaku.library.catalogue import Catalogue
from utawaku.library.errors import UtawakuError
from utawaku.library.publish.preflight import BILIBILI, OPEN, Finding, check, check_title_is_new
from utawaku.library.publish.records import Part, Submission
from utawaku.library.requests import Upload
from utawaku.library.text import clean_line, clean_text
from utawaku.tui.messages import CursorMoved, RowChosen
from utawaku.tui.screens.dialogs import AskText, Confirm
from utawaku.tui.screens.notices import ShowText
from utawaku.tui.services.services import Services
from utawaku.tui.text import fit, shown
from utawaku.tui.widgets.line_input import LineInput
from utawaku.tui.widgets.rows import Cell, Rows

if TYPE_CHECKING:
    pass

WHEN = "%Y-%m-%d %H:%M"


class PartRows(Rows):
    """Parts in their order."""

    has_header = False
    empty_text = "No parts."

    def __init__(self, parts: list[Part]) -> None:
        super().__init__(id="parts")
        self.parts = parts

    def row_count(self) -> int:
        """Return how many parts there are."""
        return len(self.parts)

    def draw_row(self, index: int, width: int) -> list[Cell]:
        """Number, title, file."""
        part = self.parts[index]
        state = part.state if part.state != "waiting" else ("" if part.path else "no video yet")
        return [
            (f" P{index + 1:<3} ", self.look("muted")),
            (fit(shown(part.title), max(8, width - 6 - 16)), None),
            (fit(state, 16), self.look("muted")),
        ]


class SubmissionScreen(ModalScreen[None]):
    """A draft can be changed; what is on its way can be read."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close"),
        Binding("ctrl+s", "save", "Save"),
        Binding("ctrl+r", "send", "Save and send"),
        Binding("K,shift+up", "shift(-1)", "Part up", show=False),
        Binding("J,shift+down", "shift(1)", "Part down", show=False),
        Binding("x,delete", "remove", "Remove part", show=False),
        Binding("e", "rename", "Rename part", show=False),
    ]

    def __init__(self, submission: Submission, services: Services) -> None:
        super().__init__()
        self._services = services
        self._submission = submission
        self._may_change = submission.state == "draft"

    def compose(self) -> ComposeResult:
        """Fields, parts, findings."""
        one = self._submission
        when = ""
        if one.publish_at is not None:
            when = datetime.fromtimestamp(one.publish_at).strftime(WHEN)
        with Vertical(classes="dialog compose"):
            yield Static(
                f"Submission to {one.target} {shown(one.account)}",
                classes="dialog-title",
                markup=False,
            )
            for name, value in (
                ("title", shown(one.title)),
                ("tags", ", ".join(map(shown, one.tags))),
                ("publish", when),
            ):
                with Horizontal(classes="field"):
                    yield Static(name.capitalize(), classes="field-name", markup=False)
                    yield LineInput(
                        value,
                        id=f"compose-{name}",
                        compact=True,
                        disabled=not self._may_change,
                        placeholder="at once; or 2026-12-31 20:00" if name == "publish" else "",
                    )
            yield TextArea(
                clean_text(one.description, keep_lines=True),
                id="compose-description",
                compact=True,
                read_only=not self._may_change,
            )
            yield PartRows(list(one.parts))
            yield Static("", id="findings")
            keys = "J K move   x remove   e rename   ctrl+s save   ctrl+r send   esc close"
            yield Static(keys if self._may_change else "esc close", classes="dialog-keys",
                         markup=False)  # fmt: skip

    def on_mount(self) -> None:
        """Say at once what would be refused."""
        self.query_one(PartRows).focus()
        self._judge()

    def on_input_changed(self) -> None:
        """Words have changed."""
        self._judge()

    def on_text_area_changed(self) -> None:
        """Words have changed."""
        self._judge()

    @property
    def rows(self) -> PartRows:
        """The parts."""
        return self.query_one(PartRows)

    def composed(self) -> Submission:
        """The submission as it stands on the screen.

        Raises:
            ValueError: the time of publication cannot be read.
        """
        when = self.query_one("#compose-publish", Input).value.strip()
        publish_at = datetime.strptime(when, WHEN).timestamp() if when else None
        tags = self.query_one("#compose-tags", Input).value.split(",")
        return replace(
            self._submission,
            title=clean_line(self.query_one("#compose-title", Input).value),
            description=clean_text(
                self.query_one("#compose-description", TextArea).text, keep_lines=True
            ),
            tags=tuple(clean_line(tag) for tag in tags if clean_line(tag)),
            publish_at=publish_at,
            parts=tuple(replace(part, position=n) for n, part in enumerate(self.rows.parts)),
        )

    def _judge(self) -> None:
        text = Text()
        colours = self.app.theme_variables
        try:
            composed = self.composed()
        except ValueError:
            text.append("The time is written 2026-12-31 20:00.", style=colours.get("error", ""))
        else:
            limits = BILIBILI if composed.target == "bilibili" else OPEN
            # Files are looked at when it is sent; here words are judged at every key.
            findings = [
                finding
                for finding in check(composed, limits, now=time.time())
                if finding.code not in ("part_file_missing", "part_file_empty")
            ]
            for finding in findings[:4]:
                colour = "error" if finding.severity == "error" else "warning"
                subject = f"{shown(finding.subject)}: " if finding.subject else ""
                text.append(f"{subject}{shown(finding.message)}\n", style=colours.get(colour, ""))
            if len(findings) > 4:
                text.append(f"and {len(findings) - 4} more\n", style=colours.get("muted", ""))
            if not findings:
                text.append("No problems found.", style=colours.get("success", ""))
        self.query_one("#findings", Static).update(text)

    def on_cursor_moved(self, event: CursorMoved) -> None:
        """Nobody else's business."""
        event.stop()

    def on_row_chosen(self, event: RowChosen) -> None:
        """Rename."""
        event.stop()
        self.action_rename()

    def action_shift(self, by: int) -> None:
        """Move the part under the cursor."""
        rows = self.rows
        if not self._may_change or not rows.parts:
            return
        to = min(max(rows.cursor + by, 0), len(rows.parts) - 1)
        rows.parts.insert(to, rows.parts.pop(rows.cursor))
        rows.refresh()
        rows.cursor = to

    def action_remove(self) -> None:
        """Take a part out."""
        rows = self.rows
        if self._may_change and rows.parts:
            rows.parts.pop(rows.cursor)
            rows.rows_changed()
            self._judge()

    def action_rename(self) -> None:
        """Another title for the part."""
        rows = self.rows
        if not self._may_change or not rows.parts:
            return
        at = rows.cursor

        def typed(text: str | None) -> None:
            if text is not None:
                rows.parts[at] = replace(rows.parts[at], title=clean_line(text))
                rows.refresh()
                self._judge()

        self.app.push_screen(AskText("Title of the part", value=shown(rows.parts[at].title)), typed)

    def _save(self, then: Any) -> None:
        if not self._may_change:
            self.notify(f"It is {self._submission.state}: only drafts can be changed.")
            return
        try:
            composed = self.composed()
        except ValueError:
            self.notify("The time is written 2026-12-31 20:00.", severity="error")
            return
        store = self._services.library.catalogue.submissions

        def keep() -> Submission:
            store.change(
                composed.id,
                title=composed.title,
                description=composed.description,
                tags=composed.tags,
                publish_at=composed.publish_at,
            )
            return store.set_parts(composed.id, composed.parts)

        self._services.worker.write(keep, then)

    def action_save(self) -> None:
        """Keep it as a draft."""

        def saved(_result: Any) -> None:
            self.notify("Saved.")
            self.dismiss(None)

        self._save(saved)

    def action_send(self) -> None:
        """Keep it and put it into the queue."""

        def saved(submission: Submission) -> None:
            app = self.app
            self.dismiss(None)
            ask_to_publish(app, self._services, submission)

        self._save(saved)

    def action_close(self) -> None:
        """Back, without keeping changes."""
        self.dismiss(None)


def findings_of(submission: Submission, catalogue: Catalogue) -> list[Finding]:
    """Return what the site would refuse."""
    limits = BILIBILI if submission.target == "bilibili" else OPEN
    taken = catalogue.submissions.titles(
        submission.target, submission.account, before=submission.id
    )
    return check(submission, limits, now=time.time()) + check_title_is_new(
        submission, taken, limits
    )


def ask_to_publish(app: App[Any], services: Services, submission: Submission) -> None:
    """Queue a submission after a question, unless the site would refuse it."""
    catalogue = services.library.catalogue
    refused = [
        finding for finding in findings_of(submission, catalogue) if finding.severity == "error"
    ]
    if refused:
        lines = [f"{shown(one.subject)}  {shown(one.message)}".strip() for one in refused]
        app.push_screen(ShowText("The site would refuse it", "\n".join(lines)))
        return

    def queue() -> None:
        # Sent although something like it was found there: the human says that it is another.
        again = bool(submission.candidate_id)
        catalogue.submissions.move(submission.id, "queued", confirmed_new=again)
        catalogue.requests.file(Upload(submission_id=submission.id))

    def answered(sure: bool | None) -> None:
        if sure:
            note = services.pipeline.wait_note()
            services.worker.write(queue, lambda _: app.notify(f"Queued. Sent{note or ' soon'}."))

    n = len(submission.parts)
    app.push_screen(
        Confirm(
            f"Publish {submission.title}?",
            f"{n} part{'' if n == 1 else 's'} to {submission.target} {submission.account}."
            + (f" {submission.candidate_id} stays beside it." * bool(submission.candidate_id)),
            yes="Publish",
        ),
        answered,
    )


def start_submissions(app: App[Any], services: Services, numbers: Sequence[int]) -> None:
    """Draft submissions of songs, as the settings want them, and open them in the outbox."""

    def plan() -> list[Submission]:
        from utawaku.library.publish.drafts import draft, order_for

        catalogue, settings = services.library.catalogue, services.library.settings
        songs = catalogue.browser.songs(numbers)
        order = order_for(catalogue, settings)
        added = catalogue.submissions.add_planned(lambda: draft(songs, order, catalogue, settings))
        if not added:
            raise UtawakuError(
                "none of these songs can be published",
                next_step="They are published already, or have no file yet",
            )
        return added

    def done(added: list[Submission]) -> None:
        n = len(added)
        services.navigator.go("outbox")
        app.notify(f"{n} draft{'' if n == 1 else 's'} made. Enter opens, s sends.")
        if n == 1:
            app.push_screen(SubmissionScreen(added[0], services))

    services.worker.write(plan, done)
