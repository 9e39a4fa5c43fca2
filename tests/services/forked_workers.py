"""Upload workers forked from a process that has loaded everything: a kill costs no start-up."""

import faulthandler
import json
import multiprocessing
import os
import signal
import sys
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from tests.servers import upload_driver


class ForkedDriver:
    """A process that runs the queue against the emulated site; it can be killed."""

    def __init__(self, log: Path) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([upload_driver.__name__, __name__])
        self.log = log
        self._orders, theirs = context.Pipe()
        self.process: ForkServerProcess = context.Process(target=serve, args=(theirs, str(log)))
        self.process.start()
        theirs.close()

    def send(self, order: dict[str, Any]) -> None:
        self._orders.send_bytes(json.dumps(order).encode())

    def answer(self, timeout_s: float = 120.0) -> dict[str, Any]:
        if not self._orders.poll(timeout_s):
            assert self.process.pid is not None
            os.kill(self.process.pid, signal.SIGUSR1)  # it writes where it stands into its log
            time.sleep(1.0)
            text = self.log.read_text("utf-8", errors="replace")[-6000:]
            raise TimeoutError(f"the worker did not answer within {timeout_s:.0f} s:\n{text}")
        result: dict[str, Any] = json.loads(self._orders.recv_bytes())
        return result

    def ask(self, **order: Any) -> dict[str, Any]:
        self.send(order)
        return self.answer()

    def kill(self) -> None:
        self.process.kill()
        self.close()

    def close(self) -> None:
        self._orders.close()
        self.process.join(30)


@dataclass
class ForkedWorkers:
    """The same as `publishing.Workers`; the environment must be this process's own."""

    folder: Path
    _spare: list[ForkedDriver] = field(default_factory=list)
    _n_made: int = 0

    def take(self, *, doomed: bool = False) -> ForkedDriver:
        """Return a worker; one that will be killed is not to be given back."""
        del doomed
        if self._spare:
            return self._spare.pop()
        self._n_made += 1
        return ForkedDriver(self.folder / f"driver-{self._n_made}.log")

    def give_back(self, driver: ForkedDriver) -> None:
        self._spare.append(driver)

    def close(self) -> None:
        for driver in self._spare:
            driver.close()


def serve(orders: Connection, log: str) -> None:
    """Carry out orders until the other side is gone; what is printed goes to `log`."""
    with Path(log).open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    faulthandler.register(signal.SIGUSR1)
    while True:
        try:
            order = json.loads(orders.recv_bytes())
        except EOFError:
            sys.exit(0)
        orders.send_bytes(json.dumps(upload_driver.carry_out(order)).encode())
