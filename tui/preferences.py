"""Preferences that the screen keeps from one session to the next: columns, theme, volume."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from utawaku.tui.columns import COLUMNS, DEFAULT

if TYPE_CHECKING:
    from utawaku.library.config import Settings
    from utawaku.library.paths import CatalogueLocation


@dataclass
class Preferences:
    """Choices of the user."""

    columns: list[str] = field(default_factory=lambda: list(DEFAULT))
    theme: str = "utawaku-night"
    facets: bool = False
    volume: float = 1.0
    replay_gain: bool = True
    pictures: str = ""
    """A `utawaku.tui.terminal.Way` to show artwork; empty chooses by the terminal."""
    spectrum: str = ""
    """`on` or `off`; empty chooses by the terminal."""
    desktop_notices: bool = False


def _path(settings: "Settings | CatalogueLocation") -> Path:
    return settings.data_dir / "tui.json"


def load_preferences(settings: "Settings | CatalogueLocation") -> Preferences:
    """Read the preferences; what cannot be read keeps its default."""
    try:
        stored = json.loads(_path(settings).read_text("utf-8"))
    except (OSError, ValueError):
        return Preferences()
    if not isinstance(stored, dict):
        return Preferences()
    preferences = Preferences()
    for known in fields(Preferences):
        value: Any = stored.get(known.name)
        if type(value) is type(getattr(preferences, known.name)):
            setattr(preferences, known.name, value)
    preferences.columns = [name for name in preferences.columns if name in COLUMNS]
    preferences.columns = preferences.columns or list(DEFAULT)
    preferences.volume = min(max(preferences.volume, 0.0), 1.5)
    return preferences


def save_preferences(settings: "Settings | CatalogueLocation", preferences: Preferences) -> None:
    """Write the preferences.

    Raises:
        OSError: the disk is full or the folder cannot be written to.
    """
    from utawaku.library.files import atomic_path

    path = _path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary:
        text = json.dumps(asdict(preferences), ensure_ascii=False, indent=1)
        temporary.write_text(text, "utf-8")


class PreferenceStore:
    """The preferences, written in a thread."""

    def __init__(
        self, place: "Settings | CatalogueLocation", write: Callable[[Callable[[], None]], None]
    ) -> None:
        self._place = place
        self._write = write
        self.value = load_preferences(place)

    def save(self) -> None:
        """Write the preferences as they are now."""

        def save() -> None:
            from utawaku.library.errors import UtawakuError

            try:
                save_preferences(self._place, self.value)
            except OSError as error:
                raise UtawakuError(
                    f"preferences cannot be saved ({error.strerror})",
                    subject=str(self._place.data_dir),
                    next_step="Free space on the disk, or make the folder writable",
                ) from error

        self._write(save)
