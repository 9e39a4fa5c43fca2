"""What makes the pipeline wait, on its screen."""

import datetime as dt
import sqlite3
import time
from dataclasses import replace

from textual.pilot import Pilot

from tests.tui.conftest import until
from tests.tui.driving import opened, shown
from utawaku.library.artefacts import ARTEFACTS
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings, write_setting
from utawaku.library.records import Channel
from utawaku.library.requests import Ingest
from utawaku.library.shazam_status import shazam_path
from utawaku.tui.app import UtawakuApp
from utawaku.tui.screens.pipeline import PipelineScreen
from utawaku.tui.widgets.limit_rows import Limit, LimitRows, read_limits
from utawaku.tui.widgets.pipeline_rows import StreamRows
from utawaku.workflows.stream_labels import shazam_gate

SIZE = (150, 36)


def limits(catalogue: Catalogue, now: float | None = None) -> dict[str, Limit]:
    return {limit.name: limit for limit in read_limits(catalogue, load_settings(), now)}


async def pipeline(app: UtawakuApp, pilot: Pilot[int]) -> PipelineScreen:
    await opened(app, pilot)
    await pilot.press("P")
    await until(lambda: isinstance(app.screen, PipelineScreen), pilot.pause)
    assert isinstance(app.screen, PipelineScreen)
    return app.screen


async def test_every_artefact_of_the_chain_has_a_column(
    app: UtawakuApp, library: Catalogue
) -> None:
    stream = library.streams.all(limit=1)[0]
    library.assets.started(stream.id, "embeddings")
    library.assets.progressed(stream.id, "embeddings", 0.37, "listening")
    async with app.run_test(size=(160, 40)) as pilot:
        screen = await pipeline(app, pilot)
        await pilot.press("v")
        await until(lambda: isinstance(screen.lower, StreamRows), pilot.pause)
        await until(lambda: "37%" in shown(app), pilot.pause)
        for name in ARTEFACTS:
            assert name.replace("_", " ") in shown(app)


async def test_a_narrow_terminal_tells_how_things_stand_in_one_line(
    app: UtawakuApp, library: Catalogue, settings: Settings
) -> None:
    shazam_gate(settings, library).pause("HTTP 429", 600.0)
    library.requests.file(Ingest(source="https://www.youtube.com/watch?v=abc"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pipeline(app, pilot)
        line = "S starts it.   1 waiting   Shazam waits until"
        await until(lambda: line in shown(app), pilot.pause)
        await until(lambda: "youtube.com/watch?v=abc" in shown(app), pilot.pause)
        assert "https://" not in shown(app)


async def test_a_narrow_terminal_names_the_step_that_matters(
    app: UtawakuApp, library: Catalogue
) -> None:
    streams = library.streams.all(limit=2)
    library.assets.failed(streams[0].id, "highlights", "no such luck")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await pipeline(app, pilot)
        await pilot.press("v")
        await until(lambda: isinstance(screen.lower, StreamRows), pilot.pause)
        await until(lambda: "failed: highlights" in shown(app), pilot.pause)
        await until(lambda: "next: highlights" in shown(app), pilot.pause)


async def test_an_open_circuit_breaker_is_told_with_its_wait(
    app: UtawakuApp, settings: Settings, library: Catalogue
) -> None:
    shazam_gate(settings, library).pause("HTTP 429", 600.0)
    async with app.run_test(size=SIZE) as pilot:
        screen = await pipeline(app, pilot)
        await until(lambda: "Shazam on cooldown for 10 min: HTTP 429" in shown(app), pilot.pause)
        await pilot.press("v", "v", "v", "v")
        await until(lambda: isinstance(screen.lower, LimitRows), pilot.pause)
        await until(lambda: "circuit breaker open, on cooldown" in shown(app), pilot.pause)
        assert isinstance(screen.lower, LimitRows)
        assert screen.lower.limits[0].name == "Shazam"  # what waits comes first
        await pilot.press("enter")
        await until(lambda: len(app.screen_stack) == 2 and "HTTP 429" in shown(app), pilot.pause)


def test_shazam_s_budget_is_told(catalogue: Catalogue, settings: Settings) -> None:
    assert limits(catalogue)["Shazam"].state == "free"
    assert "5 of 5 requests left" in limits(catalogue)["Shazam"].told
    write_setting("labels.shazam", False)
    assert limits(catalogue)["Shazam"].state == "off"
    write_setting("labels.shazam", True)
    shazam_gate(settings, catalogue)
    with sqlite3.connect(shazam_path(settings)) as db:
        db.executemany(
            "INSERT INTO requests (started_at) VALUES (?)", [(time.time(),) for _ in range(5)]
        )
    told = limits(catalogue)["Shazam"]
    assert told.state == "waits"
    assert "0 of 5 requests left" in told.told


def test_a_damaged_state_of_shazam_is_told_and_hides_nothing_else(
    catalogue: Catalogue, settings: Settings
) -> None:
    shazam_path(settings).parent.mkdir(parents=True, exist_ok=True)
    shazam_path(settings).write_bytes(b"nonsense" * 200)
    found = limits(catalogue)
    assert found["Shazam"].state == "?"
    assert "unreadable" in found["Shazam"].told
    assert "disk" in found


def test_sites_tell_their_budget_and_when_it_is_free_again(catalogue: Catalogue) -> None:
    write_setting("download.daily_quota", 2)
    now = time.time()
    assert "2 downloads a day" in limits(catalogue, now)["sites"].told
    catalogue.sites.note("youtube", "download", at=now - 3600)
    assert limits(catalogue, now)["youtube"].state == "free"
    assert "1 of 2 downloads" in limits(catalogue, now)["youtube"].told
    catalogue.sites.note("youtube", "download", at=now - 60)
    full = limits(catalogue, now)["youtube"]
    assert full.state == "waits"
    assert "in 23.0 h" in full.told


def test_a_site_that_refused_is_left_alone_and_told_so(catalogue: Catalogue) -> None:
    now = time.time()
    catalogue.sites.refuse("bilibili", "HTTP 412\x1b[31m", base_s=600.0, now=now)
    told = limits(catalogue, now + 1)["bilibili"]
    assert told.state == "waits"
    assert "HTTP 412" in told.told


def test_quiet_hours_are_told_before_and_while_they_last(catalogue: Catalogue) -> None:
    assert limits(catalogue)["quiet hours"].state == "off"
    write_setting("subscriptions.quiet_hours", "19:00-23:30")
    noon = dt.datetime(2026, 5, 1, 12, 0).timestamp()
    evening = dt.datetime(2026, 5, 1, 22, 30).timestamp()
    assert limits(catalogue, noon)["quiet hours"].state == "free"
    during = limits(catalogue, evening)["quiet hours"]
    assert during.state == "waits"
    assert "until 23:30 (in 60 min)" in during.told


def test_the_next_look_and_failing_channels_are_told(catalogue: Catalogue) -> None:
    assert limits(catalogue)["channels"].state == "off"
    now = time.time()
    url = "https://www.youtube.com/@mio"
    mio = Channel(id="youtube-mio", url=url, title="Mio", next_look_at=now + 1800)
    catalogue.channels.save(mio)
    assert limits(catalogue, now)["channels"].told == "1 followed; next look in 30 min"
    catalogue.channels.save(replace(mio, next_look_at=now - 5, last_error="HTTP 500"))
    assert limits(catalogue, now)["channels"].told == "1 followed, 1 failing; a look is due"
