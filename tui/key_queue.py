"""Keys in the order they were typed."""

import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from textual import events
from textual.app import App
from textual.message_pump import MessagePump
from textual.widgets import Input

from utawaku.tui.widgets.rows import Rows

GIVE_UP_AFTER_S = 10.0
"""A key that takes longer no longer holds the next one back."""
MAX_PASSES = 6


def keeps_focus(event: events.Event, target: MessagePump) -> bool:
    """Return whether a key surely leaves the focus where it is: the next one need not wait."""
    if not isinstance(event, events.Key):
        return False
    if isinstance(target, Input):
        return target.check_consume_key(event.key, event.character)
    if isinstance(target, Rows):
        bindings = target._bindings.key_to_bindings.get(event.key, ())
        return any(binding.action.startswith("move(") for binding in bindings)
    return False


class KeyQueue:
    """Passes keys and pastes on, each once everything the one before caused is done.

    Textual sends a key to whatever has the focus when it arrives, and looks for its binding when it
    comes back. When keys arrive at once (over ssh, from a macro, typed fast), a key that opens a
    field and the letters meant for it would overtake each other, and letters would become commands.
    """

    def __init__(self, app: App[Any], forward: Callable[[events.Event], Awaitable[None]]) -> None:
        self._app = app
        self._forward = forward
        self._waiting: deque[events.Event] = deque()
        self._at: MessagePump | None = None
        """Position of the marker behind the last key; None while no key is on its way."""
        self._since = 0.0
        self._turn = 0
        self.closed = False
        """True where keys are dropped."""

    def add(self, event: events.Event) -> None:
        """Pass an event on in its turn."""
        if self.closed:
            return
        self._waiting.append(event)
        if self._at is None or self._is_lost():
            self._turn += 1
            self._at = self._app
            self._since = time.monotonic()
            self._app.call_later(self._next, self._turn)

    def _is_lost(self) -> bool:
        """Return whether the marker will not come back."""
        late = time.monotonic() - self._since > GIVE_UP_AFTER_S
        return late or (self._at is not None and not self._at.is_running)

    async def _next(self, turn: int) -> None:
        if turn != self._turn:
            return
        if not self._waiting or self.closed:
            self._at = None
            return
        self._since = time.monotonic()
        while self._waiting:
            event = self._waiting.popleft()
            target = self._target
            waits = not keeps_focus(event, target)
            await self._forward(event)
            if waits:
                self._follow(turn, target, target, 1)
                return
        self._at = None

    @property
    def _target(self) -> MessagePump:
        return self._app.focused or self._app.screen

    def _follow(self, turn: int, first: MessagePump, node: MessagePump, n: int) -> None:
        """Send a marker the way that the key takes: from the focus up to the app."""
        if turn != self._turn:
            return
        self._at = node
        while not node.call_later(self._passed, turn, first, node, n):
            if node is self._app or node._parent is None:
                node = self._app
                self._at = node
                if not node.call_later(self._passed, turn, first, node, n):
                    self._at = None
                    return
                return
            node = self._at = node._parent

    async def _passed(self, turn: int, first: MessagePump, node: MessagePump, n: int) -> None:
        if turn != self._turn:
            return
        if node is not self._app:
            parent = node._parent or self._app
            self._follow(turn, first, parent, n)
            return
        # The first pass brings the key to its binding. The second lets the messages that this sent
        # arrive. More are needed where another screen or field has the focus now.
        target = self._target
        if n < 2 or (target is not first and n < MAX_PASSES):
            self._follow(turn, target if n > 1 else first, target if n > 1 else first, n + 1)
        else:
            await self._next(turn)
