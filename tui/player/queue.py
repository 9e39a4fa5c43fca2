"""The play queue: an ordered list with a position, shuffle and repeat. No sound in here."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

Repeat = Literal["off", "all", "one"]


@dataclass(frozen=True)
class Entry:
    """One turn of a song in the queue."""

    key: int
    """Unique in this session."""
    song_id: str


@dataclass
class PlayQueue:
    """Songs in the order they will be heard."""

    entries: list[Entry] = field(default_factory=list)
    at: int = -1
    """Index of what plays; -1 when nothing does."""
    repeat: Repeat = "off"
    shuffled: bool = False
    _plain: list[Entry] = field(default_factory=list)
    """The order before shuffling."""
    _last_key: int = 0
    _random: random.Random = field(default_factory=random.Random)

    @property
    def current(self) -> Entry | None:
        """Return what plays now."""
        return self.entries[self.at] if 0 <= self.at < len(self.entries) else None

    def replace(self, song_ids: Sequence[str], at: int = 0) -> None:
        """Start over with these songs, beginning at index `at`."""
        self._plain = self._new(song_ids)
        self.entries = list(self._plain)
        self.at = min(max(at, 0), len(self.entries) - 1)
        if self.shuffled:
            self._shuffle()

    def add(self, song_ids: Iterable[str], *, next_: bool = False) -> None:
        """Put songs at the end, or right behind what plays."""
        new = self._new(song_ids)
        place = self.at + 1 if next_ else len(self.entries)
        self.entries[place:place] = new
        self._plain.extend(new)
        if self.at < 0 and self.entries:
            self.at = 0

    def remove(self, key: int) -> None:
        """Take one turn out."""
        for index, entry in enumerate(self.entries):
            if entry.key == key:
                del self.entries[index]
                if index < self.at or self.at >= len(self.entries):
                    self.at -= 1
                break
        self._plain = [entry for entry in self._plain if entry.key != key]

    def move(self, key: int, by: int) -> None:
        """Move one turn up (negative) or down."""
        index = next((i for i, entry in enumerate(self.entries) if entry.key == key), None)
        if index is None:
            return
        current = self.current
        target = min(max(index + by, 0), len(self.entries) - 1)
        self.entries.insert(target, self.entries.pop(index))
        if current is not None:
            self.at = self.entries.index(current)

    def clear(self) -> None:
        """Forget all but what plays."""
        current = self.current
        self.entries = [current] if current else []
        self._plain = list(self.entries)
        self.at = 0 if current else -1

    def jump(self, key: int) -> Entry | None:
        """Go to a turn; None when it is no longer there."""
        for index, entry in enumerate(self.entries):
            if entry.key == key:
                self.at = index
                return entry
        return None

    def after(self, key: int, *, by_user: bool = False) -> Entry | None:
        """Return what follows a turn. The user's own `next` does not repeat one song for ever."""
        index = next((i for i, entry in enumerate(self.entries) if entry.key == key), self.at)
        if not self.entries:
            return None
        if self.repeat == "one" and not by_user and 0 <= index < len(self.entries):
            return self.entries[index]
        if index + 1 < len(self.entries):
            return self.entries[index + 1]
        return self.entries[0] if self.repeat != "off" else None

    def before(self, key: int) -> Entry | None:
        """Return what came before a turn."""
        index = next((i for i, entry in enumerate(self.entries) if entry.key == key), self.at)
        if index > 0:
            return self.entries[index - 1]
        return self.entries[-1] if self.entries and self.repeat == "all" else None

    def set_shuffled(self, shuffled: bool) -> None:
        """Mix what is still to come, or bring back the order it was added in."""
        if shuffled == self.shuffled:
            return
        self.shuffled = shuffled
        if shuffled:
            self._shuffle()
        else:
            current = self.current
            self.entries = list(self._plain)
            if current is not None:
                self.at = self.entries.index(current)

    def cycle_repeat(self) -> Repeat:
        """off, all, one."""
        order: tuple[Repeat, ...] = ("off", "all", "one")
        self.repeat = order[(order.index(self.repeat) + 1) % 3]
        return self.repeat

    def _shuffle(self) -> None:
        """The current one first, all others mixed behind it."""
        current = self.current
        rest = [entry for entry in self.entries if entry is not current]
        self._random.shuffle(rest)
        self.entries = [current, *rest] if current else rest
        self.at = 0 if self.entries else -1

    def _new(self, song_ids: Iterable[str]) -> list[Entry]:
        made = []
        for song_id in song_ids:
            self._last_key += 1
            made.append(Entry(self._last_key, song_id))
        return made
