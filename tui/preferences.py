"""What the screen remembers from one time to the next: columns, theme, volume. Nothing precious."""

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from utawaku.tui.columns import COLUMNS, DEFAULT

if TYPE_CHECKING:
    from utawaku.library.config import Settings
    from utawaku.library.paths import CataloguePlace


@dataclass
class Memory:
    """Habits of the user."""

    columns: list[str] = field(default_factory=lambda: list(DEFAULT))
    theme: str = "utawaku-night"
    facets: bool = False
    volume: float = 1.0
    replay_gain: bool = True
    pictures: str = ""
    """How covers are shown, a `utawaku.tui.terminal.Way`; empty goes by the terminal."""
    search: str = ""
    """The last search; the library opens with it only when asked to."""


def _path(settings: "Settings | CataloguePlace") -> Path:
    return settings.data_dir / "tui.json"


def recall(settings: "Settings | CataloguePlace") -> Memory:
    """What was remembered; whatever cannot be read is forgotten."""
    try:
        stored = json.loads(_path(settings).read_text("utf-8"))
    except (OSError, ValueError):
        return Memory()
    if not isinstance(stored, dict):
        return Memory()
    memory = Memory()
    for known in fields(Memory):
        value: Any = stored.get(known.name)
        if type(value) is type(getattr(memory, known.name)):
            setattr(memory, known.name, value)
    memory.columns = [name for name in memory.columns if name in COLUMNS] or list(DEFAULT)
    memory.volume = min(max(memory.volume, 0.0), 1.5)
    return memory


def remember(settings: "Settings | CataloguePlace", memory: Memory) -> None:
    """Keep it.

    Raises:
        OSError: the disk is full or not ours.
    """
    from utawaku.library.files import atomic_path

    path = _path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(asdict(memory), ensure_ascii=False, indent=1), "utf-8")
