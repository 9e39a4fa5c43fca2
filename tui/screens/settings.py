"""Every setting with its meaning; a change is written to the TOML file at once."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Any, ClassVar, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from utawaku.library.config import (
    Settings,
    check_setting,
    load_settings,
    write_setting,
)
from utawaku.library.errors import ConfigError
from utawaku.library.language import msg, tr, translated
from utawaku.library.local_path import is_address
from utawaku.library.paths import default_config_path, environment_name, is_in_environment
from utawaku.library.secret_url import SecretUrl
from utawaku.tui.messages import CursorMoved, RowChosen
from utawaku.tui.screens.dialogs import AskText, Choice, Choose, Confirm
from utawaku.tui.text import fit, shown
from utawaku.tui.widgets.rows import Cell, Rows


@dataclass(frozen=True)
class Setting:
    """One line of the list."""

    name: str
    """Dotted."""
    value: Any
    description: str
    kind: Any
    """Its annotation."""
    is_default: bool


def settings_of(model: BaseModel, prefix: str = "") -> Iterator[Setting]:
    """All settings of a model, those of its sections with dotted names."""
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from settings_of(value, f"{prefix}{name}.")
        elif prefix + name == "songs":
            yield from settings_of(_song_rules(value), "songs.")
        elif not isinstance(value, Mapping):  # tables are written in the file
            default = field.get_default(call_default_factory=True, validated_data={})
            yield Setting(
                prefix + name, value, field.description or "", field.annotation, value == default
            )


def _song_rules(written: Mapping[str, Any]) -> BaseModel:
    """The song rules; the settings keep them as they are written."""
    from utawaku.library.song_rules import SongRules

    try:
        return SongRules.model_validate(written)
    except ValidationError:  # written by hand: any change here says what is wrong
        return SongRules()


def told(value: Any) -> str:
    """A value as it is typed."""
    if isinstance(value, SecretUrl):
        return str(value)
    if isinstance(value, SecretStr):
        return "••••" if value.get_secret_value() else ""
    if isinstance(value, bool):
        return tr("yes") if value else tr("no")
    if value is None:
        return ""
    if isinstance(value, (tuple, list)):
        return ", ".join(str(part) for part in value)
    return str(value.value if isinstance(value, Enum) else value)


def read(text: str, kind: Any) -> Any:
    """A typed text as a value for the TOML file.

    Raises:
        ValueError: it is no number where one is wanted.
    """
    if get_origin(kind) in (Union, UnionType):
        others = [part for part in get_args(kind) if part is not type(None)]
        return None if not text.strip() else read(text, others[0])
    if kind is bool:
        return text in ("yes", tr("yes"))
    if kind is int:
        return int(text)
    if kind is float:
        number = float(text)
        if not math.isfinite(number):
            raise ValueError("no number")
        return number
    if kind is Path:
        if is_address(text.strip()):  # refused below, by the settings' own sentence
            return text.strip()
        # The pipeline runs elsewhere: a relative path would mean another folder there.
        return str(Path(text.strip()).expanduser().absolute()) if text.strip() else None
    if get_origin(kind) in (tuple, list):
        inner = get_args(kind)[0]
        parts = text.splitlines() if inner is str else text.split(",")
        return [read(part.strip(), inner) for part in parts if part.strip()]
    return text


def as_typed(value: Any) -> str:
    """A value as the field shows it; texts of a list stand on a line each."""
    if isinstance(value, (tuple, list)) and all(isinstance(part, str) for part in value):
        return "\n".join(value)
    return told(value)


def takes_lines(setting: Setting) -> bool:
    """Return whether its field has several lines."""
    texts = get_origin(setting.kind) in (tuple, list) and get_args(setting.kind)[0] is str
    return texts or (setting.kind is str and "\n" in str(setting.value))


class SettingRows(Rows):
    """Name, value, meaning."""

    has_header = False
    empty_text = msg("No setting has these words. / looks for others.")

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.wanted = ""
        self.settings: list[Setting] = []
        self.take(settings)

    def take(self, settings: Settings) -> None:
        """List those that hold what is looked for, in name or meaning."""
        words = self.wanted.casefold().split()
        self.settings = [
            setting
            for setting in settings_of(settings)
            if all(word in f"{setting.name} {tr(setting.description)}".casefold() for word in words)
        ]

    def row_count(self) -> int:
        """Return how many settings there are."""
        return len(self.settings)

    def draw_row(self, index: int, width: int) -> list[Cell]:
        """One setting; what was changed stands out."""
        setting = self.settings[index]
        left = min(32, max(16, width * 2 // 5))
        middle = min(40, max(10, width // 4))
        return [
            (" " + fit(setting.name, left - 2) + " ", None),
            (
                fit(shown(told(setting.value).replace("\n", " ⏎ ")) or "–", middle - 2) + "  ",
                self.look("muted" if setting.is_default else "accent"),
            ),
            (
                fit(shown(tr(setting.description)), max(0, width - left - middle)),
                self.look("faint"),
            ),
        ]


class SettingsScreen(ModalScreen[None]):
    """The settings."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "close", "Close"),
        Binding("backspace,delete", "reset", "Back to the default"),
        Binding("slash", "find", "Find"),
    ]

    def __init__(
        self,
        settings: Settings,
        run: Callable[[Callable[[], Settings], Callable[[Settings], None]], None],
        changed: Callable[[Settings], None],
    ) -> None:
        """Make the screen.

        Args:
            settings: as they are now.
            run: runs a write in a thread, then a callback with its result.
            changed: called with the settings after a change.
        """
        super().__init__()
        self._settings = settings
        self._run = run
        self._changed = changed

    def compose(self) -> ComposeResult:
        """The list."""
        with Vertical(classes="dialog settings"):
            yield Static(tr("Settings"), classes="dialog-title", markup=False)
            yield SettingRows(self._settings)
            yield Static("", id="setting-help", markup=False)
            yield Static(
                tr("enter change   backspace default   / find   esc close"),
                classes="dialog-keys",
                markup=False,
            )

    @property
    def rows(self) -> SettingRows:
        """The list."""
        return self.query_one(SettingRows)

    def on_mount(self) -> None:
        """Explain the first one."""
        self._explain()

    def on_cursor_moved(self, event: CursorMoved) -> None:
        """Explain the setting under the cursor."""
        event.stop()
        self._explain()

    @property
    def current(self) -> Setting | None:
        """The setting under the cursor."""
        rows = self.rows
        return rows.settings[rows.cursor] if rows.settings else None

    def _explain(self) -> None:
        setting, help_ = self.current, self.query_one("#setting-help", Static)
        if setting is None:
            help_.update("")
            return
        variable = environment_name(setting.name)
        where = f"{default_config_path()}\n{variable}"
        if is_in_environment(setting.name):
            where = tr(
                "{variable} in the environment decides; what is changed here waits behind it",
                variable=variable,
            )
        help_.update(f"{shown(tr(setting.description))}\n{where}")

    def action_find(self) -> None:
        """Only settings with some words."""

        def typed(text: str | None) -> None:
            if text is not None:
                self.rows.wanted = text
                self._list(self._settings)

        self.app.push_screen(
            AskText(
                tr("Find a setting"), value=self.rows.wanted, help=tr("Words; none lists all.")
            ),
            typed,
        )

    def _list(self, settings: Settings) -> None:
        self._settings = settings
        self.rows.take(settings)
        self.rows.rows_changed()
        self._explain()

    def on_row_chosen(self, event: RowChosen) -> None:
        """Change it."""
        event.stop()
        setting = self.rows.settings[event.index]
        if setting.kind is bool:
            self._write(setting, not setting.value)
        elif get_origin(setting.kind) is Literal:
            words = [str(word) for word in get_args(setting.kind)]
            choices = [
                Choice(word, word, tr("now") if word == told(setting.value) else "")
                for word in words
            ]

            def chosen(word: str | None) -> None:
                if word is not None:
                    values = {str(one): one for one in get_args(setting.kind)}
                    self._write(setting, values[word])

            self.app.push_screen(Choose(setting.name, choices), chosen)
        else:
            self._ask(setting)

    def _ask(self, setting: Setting) -> None:
        value = setting.value
        # An address without a password in it is changed like any other text.
        secret = (
            value.holds_a_secret if isinstance(value, SecretUrl) else isinstance(value, SecretStr)
        )
        lines = takes_lines(setting)
        help_ = shown(tr(setting.description))
        if secret:
            help_ += tr(" Nothing typed keeps what it is; backspace in the list clears it.")
        elif lines and setting.kind is not str:
            help_ += tr(" One a line.")

        def typed(text: str | None) -> None:
            if text is not None and not (secret and not text):
                self._write(setting, read(text, setting.kind))

        self.app.push_screen(
            AskText(
                setting.name,
                value="" if secret else as_typed(setting.value),
                help=help_,
                check=lambda text: wrong_with(setting, text),
                several_lines=lines,
                hidden=secret,
            ),
            typed,
        )

    def action_reset(self) -> None:
        """As it was before anybody chose."""
        if self.current is not None:
            self._write(self.current, None)

    def _write(self, setting: Setting, value: Any) -> None:
        """Write a value; where it moves or deletes something of the user's, ask first."""
        consequence = consequence_of(setting.name, value)
        if not consequence or value == setting.value:
            self._write_now(setting, value)
            return

        def answered(sure: bool | None) -> None:
            if sure:
                self._write_now(setting, value)

        shown_value = tr("its default") if value is None else told(value) or tr("nothing")
        question = tr("Set {name} to {shown_value}?", name=setting.name, shown_value=shown_value)
        self.app.push_screen(Confirm(question, consequence, yes=tr("Set it")), answered)

    def _write_now(self, setting: Setting, value: Any) -> None:
        def write() -> Settings:
            write_setting(setting.name, value)
            return load_settings()

        def written(settings: Settings) -> None:
            if self.is_mounted:
                self._list(settings)
            self._changed(settings)

        self._run(write, written)

    def action_close(self) -> None:
        """Back."""
        self.dismiss(None)


MOVES = {
    "library_root": msg(
        "utawaku then uses the library in that folder. Files are not moved: songs of "
        "this library are not found there."
    ),
    "data_dir": msg(
        "utawaku then uses the catalogue in that folder. Nothing is moved: songs, grades "
        "and edits stay in the old one."
    ),
    "cache_dir": msg("Weights and cached answers are fetched again into that folder."),
    "catalogue_url": msg(
        "utawaku then uses that database. Songs, grades and edits stay in the old one."
    ),
}
"""Settings that make utawaku look elsewhere."""
DELETES = {
    "maintenance.keep_runs_days": msg("Finished runs that are older are deleted."),
    "maintenance.keep_failed_runs_days": msg("Failed runs that are older are deleted."),
    "maintenance.keep_backups": msg("Backups of the catalogue beyond this number are deleted."),
    "maintenance.delete_recordings": msg(
        "Recordings whose songs are cut are deleted when room is needed."
    ),
    "maintenance.recordings_gb": msg("Recordings beyond this room are deleted if they may be."),
    "download.local_files": msg("Decides whether your own file stays where it is."),
}
"""Settings by which files of the user are deleted or moved."""


def consequence_of(name: str, value: Any) -> str:
    """Return what a change of a setting does to the user's files; empty where it is harmless."""
    if name == "maintenance.delete_recordings" and not value:
        return ""
    return tr(MOVES.get(name) or DELETES.get(name, ""))


def wrong_with(setting: Setting, text: str) -> str:
    """Return why a typed text cannot be the value; empty when it can."""
    try:
        check_setting(setting.name, read(text, setting.kind))
    except ConfigError as error:
        return translated(error.problem.removeprefix(f"setting {setting.name!r}: "))
    except ValueError:
        return tr("That is not a number.")
    return ""
