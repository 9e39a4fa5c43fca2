"""Keep an interrupt (Ctrl-C) that arrives inside a library from being printed or lost.

Python raises an interrupt wherever the main thread happens to be. Inside a library that may be a
place that logs every exception with its traceback and raises it again (the connection pool of
SQLAlchemy), or a destructor, where Python prints the exception and drops it.
"""

import logging
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

RESEND_AFTER_S = 0.05
"""Time for the destructor that caught an interrupt to return."""


@contextmanager
def interrupts_kept() -> Iterator[None]:
    """Leave it to the command to tell of an interrupt, and send one again that was dropped."""
    handlers = [*logging.getLogger().handlers, *filter(None, [logging.lastResort])]
    before = sys.unraisablehook

    def resend(unraisable: "sys.UnraisableHookArgs") -> None:
        if _is_interrupt(unraisable.exc_type):
            # From another thread: here the handler would raise inside this hook.
            threading.Timer(RESEND_AFTER_S, _interrupt_main_thread).start()
        else:
            before(unraisable)

    for handler in handlers:
        handler.addFilter(_tells_no_interrupt)
    sys.unraisablehook = resend
    try:
        yield
    finally:
        sys.unraisablehook = before
        for handler in handlers:
            handler.removeFilter(_tells_no_interrupt)


def _interrupt_main_thread() -> None:
    if sys.platform == "win32":
        signal.raise_signal(signal.SIGINT)
    else:  # Sent to the thread itself, so that a wait of its own ends.
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def _tells_no_interrupt(record: logging.LogRecord) -> bool:
    return not (record.exc_info and _is_interrupt(record.exc_info[0]))


def _is_interrupt(kind: type[BaseException] | None) -> bool:
    """Return whether `kind` is KeyboardInterrupt or Dagster's interrupt."""
    return (
        kind is not None
        and issubclass(kind, BaseException)
        and not issubclass(kind, Exception | GeneratorExit | SystemExit)
    )
