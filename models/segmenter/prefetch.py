"""Decoding one step ahead of the consumer, on another core."""

import queue
import threading
from collections.abc import Iterator
from typing import TypeVar

Item = TypeVar("Item")

_AHEAD = 2


def read_ahead(source: Iterator[Item]) -> Iterator[Item]:
    """Yield what `source` yields, produced by a thread that runs a few items ahead.

    An error of `source` is raised here, in its place. When the consumer stops early, so does the
    thread.
    """
    items: queue.Queue[tuple[bool, Item | BaseException | None]] = queue.Queue(_AHEAD)
    stopped = threading.Event()

    def offer(more: bool, item: Item | BaseException | None) -> None:
        while not stopped.is_set():
            try:
                items.put((more, item), timeout=0.1)
                return
            except queue.Full:
                continue

    def produce() -> None:
        try:
            for item in source:
                offer(True, item)
                if stopped.is_set():
                    return
            offer(False, None)
        except BaseException as error:  # noqa: BLE001 - raised again in the consumer
            offer(False, error)

    worker = threading.Thread(target=produce, name="read-ahead", daemon=True)
    worker.start()
    try:
        while True:
            more, item = items.get()
            if more:
                yield item  # type: ignore[misc]
            elif isinstance(item, BaseException):
                raise item
            else:
                return
    finally:
        stopped.set()
        worker.join()
