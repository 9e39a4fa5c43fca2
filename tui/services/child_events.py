"""Network work of the screens: a child `utawaku ... --json` that prints one event a line."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from textual.app import App

from utawaku.library.errors import UtawakuError
from utawaku.library.language import in_english

END_WITHIN_S = 3.0


class Child:
    """One child. Events and its end are told on the event loop.

    Args:
        app: where they are told.
        arguments: of the program, without its name.
        event: called with each event.
        ended: called with the error that ended it, or None.
        typed: what its standard input holds.
    """

    def __init__(
        self,
        app: App[Any],
        arguments: Sequence[str],
        event: Callable[[dict[str, Any]], None],
        ended: Callable[[UtawakuError | None], None],
        *,
        typed: str = "",
    ) -> None:
        self._app = app
        self._event = event
        self._ended = ended
        self._stopped = False
        # Our own program, by the interpreter that runs us; no shell.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "utawaku", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=in_english(),
        )
        self._typed = typed
        self._said: list[str] = []
        self._listener = threading.Thread(target=self._listen, name="child-error", daemon=True)
        self._listener.start()
        self._reader = threading.Thread(target=self._read, name="child-events", daemon=True)
        self._reader.start()

    def stop(self) -> None:
        """End it; nothing more is told."""
        self._stopped = True
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(END_WITHIN_S)
            except subprocess.TimeoutExpired:
                self._process.kill()

    def _listen(self) -> None:
        assert self._process.stderr is not None
        self._said = self._process.stderr.read().splitlines()

    def _read(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError), self._process.stdin as pipe:  # it may end without reading
            pipe.write(self._typed)
        for line in self._process.stdout:
            try:
                found = json.loads(line)
            except ValueError:
                continue  # a library printed something of its own
            if isinstance(found, dict):
                self._tell(self._event, found)
        code = self._process.wait()
        self._listener.join()
        self._tell(self._ended, error_of(self._said, code) if code else None)

    def _tell(self, told: Callable[[Any], None], value: Any) -> None:
        if not self._stopped and self._app.is_running:
            self._app.call_later(self._deliver, told, value)

    def _deliver(self, told: Callable[[Any], None], value: Any) -> None:
        if not self._stopped:
            told(value)


def error_of(said: Sequence[str], code: int) -> UtawakuError:
    """Return the error that the program printed, with its next step.

    >>> print(error_of(["error: uta: the code expired", "  -> Log in again"], 6).next_step)
    Log in again
    """
    problem, next_step = "", ""
    for line in said:
        if line.startswith("error: "):
            problem, next_step = line.removeprefix("error: "), ""
        elif line.startswith("  -> ") and problem:
            next_step = line.removeprefix("  -> ")
    last = said[-1] if said else ""
    return UtawakuError(problem or f"it ended with code {code} ({last})", next_step=next_step)
