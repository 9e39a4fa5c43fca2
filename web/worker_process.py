"""Processes of the page that open media: started, read, and ended."""

import asyncio
import json
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from utawaku.library.errors import MediaError
from utawaku.web.inspection import Inspection

_LOG = logging.getLogger(__name__)
# -P: nothing of the folder that the server was started in is imported.
_PYTHON = (sys.executable, "-P", "-m")
WORKER, INSPECTION = "utawaku.web.worker", "utawaku.web.inspection"
_LONGEST_LINE = 16_000_000
INSPECTION_S = 120.0
"""A file whose headers take longer is refused."""
_END_S = 5.0


class WorkerProcess:
    """One run of a module that tells one JSON object a line. `end` stops it at once."""

    def __init__(self, module: str = WORKER, *arguments: str) -> None:
        self._command = (*_PYTHON, module, *arguments)
        self._process: asyncio.subprocess.Process | None = None

    async def events(self, order: dict[str, Any] | None = None) -> AsyncIterator[dict[str, Any]]:
        """Start it, send it the order, and yield what it tells until it ends."""
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=None,  # what breaks is seen where the server is run
            limit=_LONGEST_LINE,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            with suppress(BrokenPipeError, ConnectionResetError):  # its end says why
                self._process.stdin.write(json.dumps(order or {}).encode())
                await self._process.stdin.drain()
                self._process.stdin.close()
            async for line in self._process.stdout:
                yield json.loads(line)
            await self._process.wait()
        finally:
            await self.end()

    @property
    def exit_code(self) -> int | None:
        """Code that it ended with; negative is a signal; None while it runs."""
        return self._process.returncode if self._process else None

    async def end(self) -> None:
        """Stop it and wait until it is gone."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _END_S)
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def inspect_in_worker(path: Path) -> Inspection:
    """Open an uploaded file in a process of its own.

    Raises:
        MediaError: it is no media file with sound, or breaks what opens it.
    """
    worker = WorkerProcess(INSPECTION, str(path))
    told: dict[str, Any] = {}
    try:
        async with asyncio.timeout(INSPECTION_S):
            async for event in worker.events():
                told = event
    except TimeoutError:
        told = {}
    finally:
        await worker.end()
    if told.pop("event", "") == "inspected":
        return Inspection(**told)
    if not told:
        _LOG.warning("an uploaded file ended the process that opened it (%s)", worker.exit_code)
    raise MediaError(
        told.get("why") or "it cannot be opened", next_step=told.get("next_step") or ""
    )
