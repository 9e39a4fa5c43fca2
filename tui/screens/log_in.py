"""Log-in to Bilibili by a code that its app scans, in the terminal."""

from typing import Any, ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from utawaku.library.errors import UtawakuError
from utawaku.library.language import msg, tr, translated
from utawaku.tui.services.child_events import Child
from utawaku.tui.text import shown

WAITS = msg("Asking Bilibili for a code …")
SCAN = msg("Scan it with the Bilibili app and confirm there, within three minutes.")


class LogInScreen(ModalScreen[str | None]):
    """Shows the code until it is confirmed; answers with the account, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "cancel", "Cancel"),
        Binding("r", "again", "Another code"),
    ]

    def __init__(self, account: str) -> None:
        super().__init__()
        self._account = account
        self._child: Child | None = None

    def compose(self) -> ComposeResult:
        """The code, what to do with it, and what went wrong."""
        with Vertical(classes="dialog log-in"):
            title = tr("Log in to Bilibili as {account}", account=self._account)
            yield Static(title, classes="dialog-title", markup=False)
            yield Static("", id="code", markup=False)
            yield Static(tr(WAITS), id="log-in-state", classes="dialog-text", markup=False)
            yield Static("", id="wrong", markup=False)
            yield Static(tr("r another code     esc cancel"), classes="dialog-keys", markup=False)

    def on_mount(self) -> None:
        """Ask for a code."""
        self.action_again()

    def on_unmount(self) -> None:
        """Wait no longer."""
        if self._child is not None:
            self._child.stop()

    def action_again(self) -> None:
        """Ask for another code."""
        self.on_unmount()
        self._say(tr(WAITS))
        self._child = Child(self.app, ["login", self._account, "--json"], self._event, self._ended)

    def _say(self, state: str, *, code: str = "", wrong: str = "") -> None:
        drawn = self.query_one("#code", Static)
        drawn.update(code)
        drawn.styles.width = max((cell_len(line) for line in code.splitlines()), default=0)
        self.query_one("#log-in-state", Static).update(state)
        self.query_one("#wrong", Static).update(wrong)

    def _event(self, event: dict[str, Any]) -> None:
        if event.get("event") == "code":
            self._say(tr(SCAN), code=str(event.get("drawn", "")))
        elif event.get("event") == "logged_in":
            self.dismiss(self._account)

    def _ended(self, error: UtawakuError | None) -> None:
        if error is not None:
            self._say(
                "", wrong=shown(translated(f"{error.problem}. {error.next_step}".strip(". ") + "."))
            )

    def action_cancel(self) -> None:
        """Not now."""
        self.dismiss(None)
