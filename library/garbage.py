"""Garbage collection around the start and the end of a program: what is made then is no garbage."""

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager

START_OBJECTS = 200_000
"""Objects that the libraries of any command make, about; what a command itself makes is more."""


def collect_after_start() -> None:
    """Let Python look for garbage only once more is there than a start makes, and not at the end.

    To look through the objects of the libraries again and again, and once more before they all go,
    takes a quarter of the time of a short command.
    """
    usual = gc.get_threshold()
    gc.set_threshold(START_OBJECTS, *usual[1:])

    def as_usual(phase: str, _facts: dict[str, int]) -> None:
        if phase == "start" and as_usual in gc.callbacks:
            gc.callbacks.remove(as_usual)
            gc.set_threshold(*usual)

    gc.callbacks.append(as_usual)
    atexit.register(gc.freeze)


@contextmanager
def without_collecting() -> Iterator[None]:
    """Import many modules: what they bring stays, so that looking for garbage in it finds none.

    It is left out of later collections, too. Saves half a second of three where Dagster is
    imported.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()
