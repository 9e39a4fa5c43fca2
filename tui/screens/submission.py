"""One submission in the making: target, words, order, schedule, and what would be refused."""

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static, TextArea

from utawaku.library.errors import UtawakuError
from utawaku.library.language import msg, tr, translated
from utawaku.library.publish.drafts import (
    TargetChoice,
    draft,
    limits_of,
    order_for,
    retargeted,
    target_choices,
)
from utawaku.library.publish.preflight import check
from utawaku.library.publish.preview import WHEN, preview_of
from utawaku.library.publish.records import Part, Submission
from utawaku.library.text import clean_line, clean_text
from utawaku.library.words import word
from utawaku.tui.messages import CursorMoved, RowChosen, SwitchTurned
from utawaku.tui.screens.dialogs import AskText
from utawaku.tui.screens.notices import ShowText
from utawaku.tui.screens.sending import ask_to_publish, findings_of
from utawaku.tui.screens.target_setup import set_up
from utawaku.tui.services.services import Services
from utawaku.tui.text import fit, shown
from utawaku.tui.widgets.line_input import LineInput
from utawaku.tui.widgets.rows import Cell, Rows
from utawaku.tui.widgets.switch import Switch

KEYS = msg("J K move  x remove  e name  ^l set up  ^o preview  ^s save  ^r send")
HINTS = {
    "publish": msg("at once; or 2026-12-31 20:00"),
    "source": msg("where the songs come from; a repost must name it"),
}
TARGETS = {"bilibili": msg("Bilibili"), "folder": msg("Folder"), "webdav": msg("WebDAV")}


class PartRows(Rows):
    """Parts in their order."""

    has_header = False
    empty_text = msg("No parts.")

    def __init__(self, parts: list[Part]) -> None:
        super().__init__(id="parts")
        self.parts = parts

    def row_count(self) -> int:
        """Return how many parts there are."""
        return len(self.parts)

    def draw_row(self, index: int, width: int) -> list[Cell]:
        """Number, title, file."""
        part = self.parts[index]
        state = (
            word(part.state)
            if part.state != "waiting"
            else ("" if part.path else tr("is rendered"))
        )
        return [
            (f" P{index + 1:<3} ", self.look("muted")),
            (fit(shown(part.title), max(8, width - 6 - 16)), None),
            (fit(state, 16), self.look("muted")),
        ]


class SubmissionScreen(ModalScreen[None]):
    """A draft can be changed; what is on its way can be read.

    Args:
        submission: the one to show.
        services: of the app.
        following: drafts that were made with it; each is shown when the one before is left.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close"),
        Binding("ctrl+s", "save", "Save"),
        Binding("ctrl+r", "send", "Save and send"),
        Binding("ctrl+l", "set_up", "Set the target up"),
        Binding("ctrl+o", "preview", "Preview"),
        Binding("K,shift+up", "shift(-1)", "Part up", show=False),
        Binding("J,shift+down", "shift(1)", "Part down", show=False),
        Binding("x,delete", "remove", "Remove part", show=False),
        Binding("e", "rename", "Rename part", show=False),
    ]

    def __init__(
        self, submission: Submission, services: Services, following: Sequence[Submission] = ()
    ) -> None:
        super().__init__()
        self._services = services
        self._submission = submission
        self._following = following
        self._may_change = submission.state == "draft"
        self._choices: list[TargetChoice] = []

    def compose(self) -> ComposeResult:
        """Target, fields, parts, findings."""
        one = self._submission
        when = ""
        if one.publish_at is not None:
            when = datetime.fromtimestamp(one.publish_at).strftime(WHEN)
        more = (
            tr(", {n_following} more behind it", n_following=len(self._following))
            if self._following
            else ""
        )
        with Vertical(classes="dialog compose"):
            yield Static(
                tr("Submission ({state}{more})", state=word(one.state), more=more),
                classes="dialog-title",
                markup=False,
            )
            with Horizontal(classes="field"):
                yield Static(tr("To"), classes="field-name", markup=False)
                yield Switch((), id="compose-target", disabled=not self._may_change)
            for name, label, value in (
                ("title", tr("Title"), shown(one.title)),
                ("tags", tr("Tags"), ", ".join(map(shown, one.tags))),
                ("source", tr("Source"), shown(one.source_url)),
                ("publish", tr("Publish"), when),
            ):
                with Horizontal(classes="field"):
                    yield Static(label, classes="field-name", markup=False)
                    yield LineInput(
                        value,
                        id=f"compose-{name}",
                        compact=True,
                        disabled=not self._may_change,
                        placeholder=tr(HINTS[name]) if name in HINTS else "",
                    )
            yield TextArea(
                clean_text(one.description, keep_lines=True),
                id="compose-description",
                compact=True,
                read_only=not self._may_change,
            )
            yield PartRows(list(one.parts))
            yield Static("", id="findings")
            keys = KEYS if self._may_change else tr("ctrl+o preview   esc close")
            yield Static(keys, classes="dialog-keys", markup=False)

    def on_mount(self) -> None:
        """Say at once what would be refused."""
        self.query_one(PartRows).focus()
        self._offer_targets()
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

    # The target

    def _offer_targets(self) -> None:
        library = self._services.library

        def offer(choices: list[TargetChoice]) -> None:
            if not self.is_mounted:
                return
            one = self._submission
            places = [n for n, each in enumerate(choices) if each.target == one.target]
            mine = [n for n in places if choices[n].account == one.account]
            if not places:  # a site that the settings do not name any more
                choices = [TargetChoice(one.target, one.account, one.account), *choices]
            at = (mine or places or [0])[0]
            self._choices = choices
            self.query_one(Switch).offer([target_in_words(each) for each in choices], at)
            if self._may_change and choices[at].account != one.account:
                self._retarget(choices[at])  # it was set up meanwhile
            else:
                self._judge()

        self._services.worker.read(
            lambda: target_choices(library.catalogue, library.settings), offer
        )

    @property
    def _choice(self) -> TargetChoice | None:
        return self._choices[self.query_one(Switch).at] if self._choices else None

    def on_switch_turned(self, event: SwitchTurned) -> None:
        """Plan it for another target."""
        event.stop()
        self._retarget(self._choices[event.at])

    def _retarget(self, choice: TargetChoice) -> None:
        library = self._services.library
        try:
            composed = self.composed()
        except ValueError:
            composed = replace(self._submission, parts=tuple(self.rows.parts))

        def show(found: Submission) -> None:
            if not self.is_mounted:
                return
            self._submission = found
            self.query_one("#compose-title", Input).value = shown(found.title)
            self.query_one("#compose-tags", Input).value = ", ".join(map(shown, found.tags))
            self.query_one("#compose-source", Input).value = shown(found.source_url)
            self.query_one("#compose-description", TextArea).text = clean_text(
                found.description, keep_lines=True
            )
            self.rows.parts = list(found.parts)
            self.rows.rows_changed()
            self._judge()

        self._services.worker.read(
            lambda: retargeted(composed, choice, library.catalogue, library.settings), show
        )

    def action_set_up(self) -> None:
        """Log in, or choose the folder or share."""
        choice = self._choice
        if choice is not None and self._may_change:
            set_up(self.app, self._services, choice, self._offer_targets)

    # The words

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
            source_url=clean_line(self.query_one("#compose-source", Input).value),
            publish_at=publish_at,
            parts=tuple(replace(part, position=n) for n, part in enumerate(self.rows.parts)),
        )

    def _judge(self) -> None:
        text = Text()
        colours = self.app.theme_variables
        choice = self._choice
        if choice is not None and choice.missing and self._may_change:
            ways = {"bilibili": tr("logs in by a code"), "folder": tr("chooses one")}
            way = ways.get(choice.target) or tr("sets it up")
            missing = translated(choice.missing)
            missing = missing[:1].upper() + missing[1:]
            text.append(
                tr("{missing}: ctrl+l {way}.", missing=missing, way=way) + "\n",
                style=colours.get("warning", ""),
            )
        try:
            composed = self.composed()
        except ValueError:
            text.append(tr("The time is written 2026-12-31 20:00."), style=colours.get("error", ""))
        else:
            # Files are looked at when it is sent; here words are judged at every key.
            findings = [
                finding
                for finding in check(composed, limits_of(composed.target), now=time.time())
                if finding.code not in ("part_file_missing", "part_file_empty")
            ]
            for finding in findings[:4]:
                colour = "error" if finding.severity == "error" else "warning"
                subject = f"{shown(finding.subject)}: " if finding.subject else ""
                text.append(
                    f"{subject}{shown(translated(finding.message))}\n",
                    style=colours.get(colour, ""),
                )
            if len(findings) > 4:
                text.append(
                    tr("and {n_findings} more\n", n_findings=len(findings) - 4),
                    style=colours.get("muted", ""),
                )
            if not findings and not text:
                text.append(tr("No problems found."), style=colours.get("success", ""))
        self.query_one("#findings", Static).update(text)

    def action_preview(self) -> None:
        """Show everything that would be sent."""
        try:
            composed = self.composed() if self._may_change else self._submission
        except ValueError:
            self.notify(tr("The time is written 2026-12-31 20:00."), severity="error")
            return
        catalogue = self._services.library.catalogue

        def show(text: str) -> None:
            self.app.push_screen(ShowText(tr("This would be sent"), text))

        self._services.worker.read(
            lambda: preview_of(composed, findings_of(composed, catalogue)), show
        )

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

        self.app.push_screen(
            AskText(tr("Title of the part"), value=shown(rows.parts[at].title)), typed
        )

    def _save(self, then: Any) -> None:
        if not self._may_change:
            self.notify(
                tr("It is {state}: only drafts can be changed.", state=word(self._submission.state))
            )
            return
        try:
            composed = self.composed()
        except ValueError:
            self.notify(tr("The time is written 2026-12-31 20:00."), severity="error")
            return
        store = self._services.library.catalogue.submissions
        self._services.worker.write(lambda: store.rewrite(composed), then)

    def action_save(self) -> None:
        """Keep it as a draft."""

        def saved(_result: Any) -> None:
            self.notify(tr("Saved. O shows it."))
            self._leave()

        self._save(saved)

    def action_send(self) -> None:
        """Keep it and put it into the queue."""

        def saved(submission: Submission) -> None:
            app = self.app
            self._leave()
            ask_to_publish(app, self._services, submission)

        self._save(saved)

    def action_close(self) -> None:
        """Back, without keeping changes."""
        self._leave()

    def _leave(self) -> None:
        app, following = self.app, self._following
        self.dismiss(None)
        if following:
            app.push_screen(SubmissionScreen(following[0], self._services, following[1:]))


def target_in_words(choice: TargetChoice) -> str:
    """Return a target with its account or place."""
    name = tr(TARGETS.get(choice.target, "")) or choice.target
    place = fit(shown(choice.place or translated(choice.missing)), 60, middle=True).rstrip()
    return f"{name}: {place}"


def start_submissions(app: App[Any], services: Services, numbers: Sequence[int]) -> None:
    """Draft submissions of songs, as the settings want them, and open them one after another."""

    def plan() -> list[Submission]:
        catalogue, settings = services.library.catalogue, services.library.settings
        songs = catalogue.browser.songs(numbers)
        order = order_for(catalogue, settings, set_up_later=True)
        added = catalogue.submissions.add_planned(lambda: draft(songs, order, catalogue, settings))
        if not added:
            raise UtawakuError(
                "none of these songs can be published",
                next_step="They are published, in a draft (O shows it), or have no file yet",
            )
        return added

    def done(added: list[Submission]) -> None:
        app.push_screen(SubmissionScreen(added[0], services, added[1:]))

    services.worker.write(plan, done)
