"""Changes that can be undone and redone."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from textual.app import App

from utawaku.library.language import tr
from utawaku.tui.messages import CatalogueChanged
from utawaku.tui.services.catalogue_worker import CatalogueWorker

MAX_STEPS = 100


@dataclass(frozen=True)
class Step:
    """One change of the catalogue."""

    name: str
    """Words for the notice, such as `grade of 3 songs`."""
    do: Callable[[], Any]
    """Makes the change, in a thread. Its result is handed to `undo`; None: nothing changed."""
    undo: Callable[[Any], Any]
    """Takes the change back, in a thread."""
    undone: Callable[[], None] | None = None
    """Called on the event loop after the change was taken back."""
    redone: Callable[[], None] | None = None
    """Called on the event loop after the change was made again."""


class UndoStack:
    """Makes changes, and keeps the latest of them for undo and redo."""

    def __init__(self, app: App[Any], worker: CatalogueWorker) -> None:
        self._app = app
        self._worker = worker
        self._done: list[tuple[Step, Any]] = []
        self._undone: list[Step] = []

    def run(
        self,
        step: Step,
        done: Callable[[Any], None] | None = None,
        failed: Callable[[], None] | None = None,
    ) -> None:
        """Make a change; it becomes a step unless it changed nothing.

        Args:
            step: the change.
            done: called with the result of `step.do`, also where that is None.
            failed: called after an error was reported.
        """

        def changed(result: Any) -> None:
            if result is not None:
                self._push(step, result)
                self._undone.clear()
            if done is not None:
                done(result)
            if result is not None:
                self._app.post_message(CatalogueChanged())

        self._worker.write(step.do, changed, failed)

    def undo(self) -> None:
        """Take the latest change back, once all changes before this call are written."""
        self._worker.write(lambda: None, lambda _: self._undo_latest())

    def redo(self) -> None:
        """Make the change again that was undone last."""
        self._worker.write(lambda: None, lambda _: self._redo_latest())

    def _undo_latest(self) -> None:
        if not self._done:
            self._app.notify(tr("Nothing to undo."))
            return
        step, result = self._done.pop()
        self._undone.append(step)

        def undone(_result: Any) -> None:
            self._app.notify(tr("Undone: {name}. ctrl+r redoes it.", name=step.name), markup=False)
            if step.undone is not None:
                step.undone()
            self._app.post_message(CatalogueChanged())

        def failed() -> None:
            self._undone.remove(step)
            self._done.append((step, result))

        self._worker.write(lambda: step.undo(result), undone, failed)

    def _redo_latest(self) -> None:
        if not self._undone:
            self._app.notify(tr("Nothing to redo."))
            return
        step = self._undone.pop()

        def redone(result: Any) -> None:
            if result is not None:
                self._push(step, result)
            self._app.notify(tr("Redone: {name}", name=step.name), markup=False)
            if step.redone is not None:
                step.redone()
            self._app.post_message(CatalogueChanged())

        self._worker.write(step.do, redone, lambda: self._undone.append(step))

    def _push(self, step: Step, result: Any) -> None:
        self._done.append((step, result))
        del self._done[:-MAX_STEPS]
