"""Every setting with its meaning; a change is written to the TOML file at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Any, ClassVar, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from library.config import Settings, default_config_path, load_settings, write_setting
from tui.screens.dialogs import AskText, Choice, Choose
from tui.text import fit, shown
from tui.widgets.rows import Cell, Rows


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
        elif not isinstance(value, dict):
            default = field.get_default(call_default_factory=True, validated_data={})
            yield Setting(
                prefix + name, value, field.description or "", field.annotation, value == default
            )


def told(value: Any) -> str:
    """A value as it is typed."""
    if isinstance(value, SecretStr):
        return "••••" if value.get_secret_value() else ""
    if isinstance(value, bool):
        return "yes" if value else "no"
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
        return text == "yes"
    if kind is int:
        return int(text)
    if kind is float:
        return float(text)
    if get_origin(kind) in (tuple, list):
        inner = get_args(kind)[0]
        return [read(part.strip(), inner) for part in text.split(",") if part.strip()]
    return text


class SettingRows(Rows):
    """Name, value, meaning."""

    has_header = False

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = list(settings_of(settings))

    def row_count(self) -> int:
        """How many settings there are."""
        return len(self.settings)

    def draw_row(self, index: int, width: int) -> list[Cell]:
        """One setting; what was changed stands out."""
        setting = self.settings[index]
        left = min(28, max(16, width * 2 // 5))
        middle = min(26, max(10, width // 4))
        return [
            (" " + fit(setting.name, left - 2) + " ", None),
            (
                fit(shown(told(setting.value)) or "–", middle - 2) + "  ",
                self.look("muted" if setting.is_default else "accent"),
            ),
            (fit(shown(setting.description), max(0, width - left - middle)), self.look("faint")),
        ]


class SettingsScreen(ModalScreen[None]):
    """The settings."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "close", "Close"),
        Binding("backspace,delete", "reset", "Back to the default"),
    ]

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings

    def compose(self) -> ComposeResult:
        """The list."""
        with Vertical(classes="dialog settings"):
            yield Static("Settings", classes="dialog-title", markup=False)
            yield SettingRows(self._settings)
            yield Static("", id="setting-help", markup=False)
            yield Static(
                "enter change   backspace default   esc close", classes="dialog-keys", markup=False
            )

    @property
    def rows(self) -> SettingRows:
        """The list."""
        return self.query_one(SettingRows)

    def on_mount(self) -> None:
        """Explain the first one."""
        self._explain()

    def on_rows_moved(self, event: Rows.Moved) -> None:
        """Explain the setting under the cursor."""
        event.stop()
        self._explain()

    def _explain(self) -> None:
        setting = self.rows.settings[self.rows.cursor]
        where = f"UTAWAKU_{setting.name.upper().replace('.', '__')}"
        self.query_one("#setting-help", Static).update(
            f"{setting.description}\n{default_config_path()}   {where}"
        )

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Change it."""
        event.stop()
        setting = self.rows.settings[event.index]
        if setting.kind is bool:
            self._write(setting, not setting.value)
        elif get_origin(setting.kind) is Literal:
            words = [str(word) for word in get_args(setting.kind)]
            choices = [
                Choice(word, word, "now" if word == told(setting.value) else "") for word in words
            ]

            def chosen(word: str | None) -> None:
                if word is not None:
                    values = {str(one): one for one in get_args(setting.kind)}
                    self._write(setting, values[word])

            self.app.push_screen(Choose(setting.name, choices), chosen)
        else:
            shown_value = "" if isinstance(setting.value, SecretStr) else told(setting.value)

            def typed(text: str | None) -> None:
                if text is not None:
                    self._write(setting, read(text, setting.kind))

            self.app.push_screen(
                AskText(
                    setting.name,
                    value=shown_value,
                    help=setting.description,
                    check=lambda text: _wrong(text, setting.kind),
                ),
                typed,
            )

    def action_reset(self) -> None:
        """As it was before anybody chose."""
        self._write(self.rows.settings[self.rows.cursor], None)

    def _write(self, setting: Setting, value: Any) -> None:
        app: Any = self.app
        if isinstance(value, Path):
            value = str(value)

        def write() -> Settings:
            write_setting(setting.name, value)
            return load_settings()

        def written(settings: Settings) -> None:
            rows = self.rows
            rows.settings = list(settings_of(settings))
            rows.refresh()
            app.settings_changed(settings)

        app.write(write, written)

    def action_close(self) -> None:
        """Back."""
        self.dismiss(None)


def _wrong(text: str, kind: Any) -> str:
    try:
        read(text, kind)
    except ValueError:
        return "That is not a number."
    return ""
