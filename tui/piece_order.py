"""The order that the screen of pieces makes up, and its line on the screen."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.cells import cell_len
from rich.text import Text

from utawaku.library.language import tr
from utawaku.library.requests import SeparatePieces
from utawaku.tui.text import fit, precise_clock, shown


@dataclass(frozen=True)
class Order:
    """An order: the fields of `SeparatePieces` that this screen sets."""

    subtitles: str = ""
    shift_s: float = 0.0
    start_s: float = 0.0
    stop_s: float | None = None
    file_format: str = "flac"
    names: str = "{number:04}"
    sounds: bool = False

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> "Order":
        """Return what an earlier request asked for."""
        return cls(**{name: arguments[name] for name in cls.__annotations__ if name in arguments})

    def request(self, stream_id: str) -> SeparatePieces:
        """Return the request to the pipeline."""
        return SeparatePieces.read(stream_id, self.__dict__)

    def options(self) -> list[str]:
        """Return it as options of `utawaku separate`."""
        options = [f"--subtitles={self.subtitles}", f"--shift={self.shift_s:.3f}"]
        options += [f"--start={self.start_s:.3f}", f"--names={self.names}"]
        options += [f"--stop={self.stop_s:.3f}"] if self.stop_s is not None else []
        return [*options, f"--format={self.file_format}", *(["--sounds"] if self.sounds else [])]

    def told(self, width: int, colours: Mapping[str, str]) -> Text:
        """Return subtitles, shift, span and form on one line of `width` cells."""
        facts = [tr("shift {shift_s:+.1f} s", shift_s=self.shift_s), self.file_format.upper()]
        if self.start_s or self.stop_s is not None:
            stop = precise_clock(self.stop_s) if self.stop_s is not None else tr("end")
            facts.append(f"{precise_clock(self.start_s)} – {stop}")
        if self.sounds:
            facts.append(tr("with their sound"))
        told = "   ".join(facts)
        name = shown(Path(self.subtitles).name) or tr("no subtitles")
        left = fit(name, max(8, width - cell_len(told) - 3)).rstrip()
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append(left, style=colours.get("primary", ""))
        return text.append(f"   {told}", style=colours.get("muted", ""))
