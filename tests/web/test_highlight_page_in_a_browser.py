"""The highlight page in real Chromium: upload, highlights, a playlist, sound, feedback."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests import chromium
from tests.servers.webhook import Webhook
from tests.web.conftest import LONGEST_S, TOKEN, Served, write_song
from utawaku.media.cut import cut_audio

BROWSER = chromium.find()
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium (looked for chromium, google-chrome)"),
]


@pytest.fixture
async def page(told: tuple[Served, Webhook], tmp_path: Path) -> AsyncIterator[chromium.Page]:
    """The page, entered by the address that `serve` prints."""
    assert BROWSER is not None
    address = f"{told[0].address}?token={TOKEN}"
    async with chromium.opened(BROWSER, tmp_path / "profile", address) as opened:
        await until(
            opened,
            "document.querySelector('#count') && document.querySelector('#count').textContent",
        )
        yield opened


async def until(page: chromium.Page, script: str) -> Any:
    """Wait until a script in the page is true, and return its value."""
    async with asyncio.timeout(LONGEST_S):
        while not (value := await page.evaluate(script)):
            await asyncio.sleep(0.1)
    return value


async def press(page: chromium.Page, selector: str) -> None:
    """Press a button by the keyboard: a browser plays sound only for somebody who is there."""
    await page.evaluate(f"document.querySelector({selector!r}).focus()")
    await page.press("Enter")


async def choose_files(page: chromium.Page, *files: Path) -> None:
    found = await page.call("Runtime.evaluate", expression="document.querySelector('#files')")
    handle = found["result"]["objectId"]
    names = [str(file) for file in files]
    await page.call("DOM.setFileInputFiles", files=names, objectId=handle)


async def take_picture(page: chromium.Page, name: str) -> None:
    """Keep pictures of the whole page at two widths, where somebody wants to look at it."""
    folder = os.environ.get("UTAWAKU_TEST_PICTURES")
    for width in (1200, 400) if folder else ():
        size = {"width": width, "deviceScaleFactor": 1, "mobile": False}
        await page.call("Emulation.setDeviceMetricsOverride", height=800, **size)
        height = await page.evaluate("document.documentElement.scrollHeight")
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        await page.call("Emulation.setDeviceMetricsOverride", height=height, **size)
        await asyncio.sleep(0.3)
        Path(str(folder), f"{name}-{width}.png").write_bytes(await page.picture())
    await page.call("Emulation.clearDeviceMetricsOverride")


async def test_somebody_without_a_terminal_gets_highlights_and_a_playlist(
    page: chromium.Page, told: tuple[Served, Webhook], tmp_path: Path
) -> None:
    served, webhook = told
    # One that a browser plays as it is, and one that has to be encoded.
    slow = write_song(tmp_path / "<b onclick=x>ゆっくり.wav", bpm=90, loud_from_s=40, seconds=80)
    fast = write_song(tmp_path / "fast.wav", bpm=140, loud_from_s=15, seconds=50)
    cut_audio(fast, 0, None, tmp_path / "速い歌.flac", codec="flac", with_loudness=False)

    await choose_files(page, slow, tmp_path / "速い歌.flac")
    await press(page, "#upload button")
    await until(page, "document.querySelectorAll('#uploads input:checked').length === 2")
    assert await page.evaluate("document.querySelector('#uploads b') === null")
    await take_picture(page, "chosen")

    await press(page, "button[value=highlights]")
    await until(page, "document.querySelectorAll('.job[data-state=done] .highlight').length === 2")
    starts = await page.evaluate(
        "[...document.querySelectorAll('[data-play]')].map(b => +b.dataset.start)"
    )
    assert 35 <= starts[0] <= 50
    assert 10 <= starts[1] <= 20
    for number in range(2):
        await page.evaluate(f"document.querySelectorAll('[data-play]')[{number}].focus()")
        await page.press("Enter")
        audio = f"document.querySelectorAll('.highlight audio')[{number}]"
        await until(page, f"{audio}.currentTime > {starts[number]} + 0.5 && !{audio}.paused")
    assert await page.evaluate("document.querySelector('.highlight audio').paused")  # one at a time

    await press(page, ".highlight button[value=down]")
    await until(page, "document.querySelector('#thanks').textContent.includes('passed on')")

    await press(page, "button[value=playlist]")
    await until(page, "document.querySelectorAll('.job[data-state=done] .mix').length === 1")
    await press(page, ".chapters li:nth-child(2) a")
    await until(page, "document.querySelector('.mix audio').currentTime > 25")
    titles = await page.evaluate("document.querySelector('.chapters').innerText")
    assert titles.index("ゆっくり") < titles.index("速い歌")  # by tempo
    assert await page.evaluate("Math.abs(document.querySelector('.mix audio').duration - 56) < 1.5")

    await page.evaluate("document.querySelector('#words').value = '良い！ <script>x</script>'")
    await press(page, "#feedback button")
    await until(page, "document.querySelector('#words').value === ''")
    await take_picture(page, "done")
    bodies = [one["body"] for one in webhook.received]
    assert "良い！ <script>x</script>" in bodies
    assert [one["title"] for one in webhook.received if "Feedback" in one["title"]] == [
        "Feedback: thumb down",
        "Feedback",
    ]
    assert sum("done" in one["title"] for one in webhook.received) == 2
    kept = [notice.body for notice in served.catalogue.notices.recent()]
    assert set(bodies) <= set(kept)
    root = served.address.removesuffix("/highlights")
    assert page.asked_elsewhere
    # What is `data:` is the browser's own, for its player.
    asked = [url for url in page.asked_elsewhere if not url.startswith((root, "data:"))]
    assert asked == []
