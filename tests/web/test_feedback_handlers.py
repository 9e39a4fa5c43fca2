"""Feedback at the wire: kept, posted, and told honestly where it was not."""

import pytest

from tests.servers.webhook import Webhook
from tests.web.conftest import Served, start
from utawaku.library.config import Settings, load_settings


async def test_words_and_thumbs_are_kept_and_posted(told: tuple[Served, Webhook]) -> None:
    served, webhook = told
    status, answer = await served.post(
        "/feedback", {"thumb": "down", "about": "歌\x1b[31m, 0:10", "words": "late\r\n\u202eby 5 s"}
    )
    assert (status, "passed on" in answer["thanks"]) == (200, True)
    (posted,) = webhook.received
    assert posted["title"] == "Feedback: thumb down"
    assert posted["body"] == "About: 歌, 0:10\nlate\nby 5 s"
    (notice,) = served.catalogue.notices.recent()
    assert (notice.title, notice.body) == (posted["title"], posted["body"])


async def test_empty_and_endless_feedback_is_refused(told: tuple[Served, Webhook]) -> None:
    served, webhook = told
    for form in ({"words": " \n"}, {"words": "x" * 4_001}, {"thumb": "sideways"}, {}):
        status, _ = await served.post("/feedback", form)
        assert status == 400
    assert webhook.received == []
    assert served.catalogue.notices.recent() == []


async def test_without_a_webhook_the_words_are_kept(served: Served) -> None:
    _, answer = await served.post("/feedback", {"words": "fine"})
    assert answer["thanks"] == "Thank you. Your words are kept."
    _, page = await served.get("?said=kept")
    assert "Your words are kept." in page
    _, page = await served.get("?said=<script>")
    assert "<script>" not in page


async def test_a_webhook_that_does_not_take_it_is_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    del settings  # it sets the home
    with Webhook(status=500) as webhook:
        monkeypatch.setenv("UTAWAKU_NOTICES__WEBHOOK", webhook.url)
        served = await start(load_settings())
        _, answer = await served.post("/feedback", {"words": "fine"})
        await served.stop()
    assert "could not be passed on" in answer["thanks"]
