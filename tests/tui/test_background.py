"""Work off the event loop, and where its outcome goes."""

import asyncio
import threading

from textual.app import App

from utawaku.tui.background import Latest, while_running


async def test_an_outcome_that_meets_an_app_being_closed_is_dropped() -> None:
    app: App[None] = App()
    heard: list[str] = []
    may_end = threading.Event()
    reader = Latest("test", while_running(app))

    def job() -> str:
        assert may_end.wait(30)
        return "late"

    async with app.run_test() as pilot:
        reader.submit(lambda: "in time", heard.append)
        while not heard:
            await pilot.pause(0.01)
        reader.submit(job, heard.append)
        # The app stops running first, and takes its widgets away then.
        app._running = False
        may_end.set()
        await asyncio.to_thread(reader._pool.shutdown, wait=True)
        await pilot.pause(0.05)
        app._running = True
    assert heard == ["in time"]
