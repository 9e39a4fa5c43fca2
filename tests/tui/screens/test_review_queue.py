"""Streams of the crawler in the grading queue."""

import pytest
from textual.pilot import Pilot

from tests.tui.conftest import until, write_tone
from tests.tui.driving import opened, shown, told
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import Candidate
from utawaku.library.requests import Ingest
from utawaku.library.store.review import Pick
from utawaku.library.store.taste_models import TasteModel
from utawaku.tui.app import UtawakuApp
from utawaku.tui.screens.review import ReviewScreen
from utawaku.tui.screens.review_queue import Find, finds, mixed
from utawaku.tui.widgets.chart import chart, thinned

SIZE = (100, 36)
HEARD, READ = "youtube-crawled0001", "youtube-crawled0002"


@pytest.fixture
def crawled(library: Catalogue, settings: Settings) -> Catalogue:
    """Two finds, of which one can be heard; no song is asked about."""
    for song in library.browser.songs(library.browser.search("").numbers):
        library.taste.skip(song.id)
    library.candidates.add(
        [
            Candidate(0, READ, f"https://example.com/{READ}", "Only\x1b[31m a name", "", 60.0, "x"),
            Candidate(0, HEARD, f"https://example.com/{HEARD}", "夜の歌枠", "みお", 3725.0, "歌枠"),
        ]
    )
    heard = next(one for one in library.candidates.in_state("found") if one.key == HEARD)
    path = settings.cache_dir / "previews" / f"{heard.id}.wav"
    write_tone(path, 440, 3)
    library.candidates.change(
        heard.id, state="scored", score=0.83, preview_path=f"previews/{heard.id}.wav"
    )
    return library


def stored(library: Catalogue, key: str) -> Candidate:
    states = ("found", "previewed", "scored", "accepted", "rejected", "failed")
    return next(one for one in library.candidates.in_state(*states) if one.key == key)


async def review(app: UtawakuApp, pilot: Pilot[int]) -> ReviewScreen:
    await opened(app, pilot)
    await pilot.press("R")
    await until(lambda: isinstance(app.screen, ReviewScreen) and app.screen._picks, pilot.pause)
    assert isinstance(app.screen, ReviewScreen)
    return app.screen


async def test_a_stream_is_shown_heard_and_taken_in(app: UtawakuApp, crawled: Catalogue) -> None:
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        screen = await review(app, pilot)
        assert [asked.candidate.key for asked in screen._picks if isinstance(asked, Find)] == [
            HEARD,
            READ,
        ]
        for words in ("夜の歌枠", "みお", "1:02:05", "found by 歌枠", "promising", "83%"):
            await until(lambda words=words: words in shown(app), pilot.pause)
        await until(lambda: app.services.player.engine.current is not None, pilot.pause)
        track = app.services.player.engine.current
        assert track is not None
        assert track.path.suffix == ".wav"
        await pilot.press("e", "a", "t")  # keys of songs find no song here
        await pilot.press("f")
        await until(lambda: stored(crawled, HEARD).grade == 1, pilot.pause)
        assert [one.target for one in crawled.requests.of_kind(Ingest)] == [
            f"https://example.com/{HEARD}"
        ]
        await until(lambda: "will be ingested" in told(app), pilot.pause)
        await until(lambda: "Only a name" in shown(app), pilot.pause)
        await until(lambda: "no preview was fetched" in shown(app), pilot.pause)
        await until(lambda: app.services.player.engine.current is None, pilot.pause)


async def test_dislike_and_skip_are_kept_and_undone(app: UtawakuApp, crawled: Catalogue) -> None:
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        screen = await review(app, pilot)
        await pilot.press("left")
        await until(lambda: stored(crawled, HEARD).grade == -1, pilot.pause)
        await until(lambda: screen.candidate and screen.candidate.key == READ, pilot.pause)
        await until(lambda: len(app.services.undo._done) == 1, pilot.pause)
        await pilot.press("down")
        await until(lambda: stored(crawled, READ).state == "rejected", pilot.pause)
        assert stored(crawled, READ).grade is None
        await until(lambda: "Every song is graded" in shown(app), pilot.pause)
        await until(lambda: len(app.services.undo._done) == 2, pilot.pause)
        await pilot.press("u")
        await until(lambda: stored(crawled, READ).state == "found", pilot.pause)
        await until(lambda: len(app.services.undo._done) == 1, pilot.pause)
        await pilot.press("u")
        await until(lambda: stored(crawled, HEARD).state == "scored", pilot.pause)
        await until(lambda: screen.candidate and screen.candidate.key == HEARD, pilot.pause)


async def test_a_stream_that_is_being_taken_in_is_not_undone(
    app: UtawakuApp, crawled: Catalogue
) -> None:
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await review(app, pilot)
        await pilot.press("f")
        await until(lambda: len(app.services.undo._done) == 1, pilot.pause)
        (request,) = crawled.requests.of_kind(Ingest)
        assert crawled.requests.claim(request.id)
        await pilot.press("u")
        await until(lambda: "being ingested already" in told(app), pilot.pause)
        assert stored(crawled, HEARD).grade == 1


async def test_what_was_decided_elsewhere_is_not_asked(app: UtawakuApp, crawled: Catalogue) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await review(app, pilot)
        assert screen.candidate is not None
        crawled.candidates.decide(screen.candidate.id, grade=-1)
        screen.refresh_data()
        await until(lambda: screen.candidate and screen.candidate.key == READ, pilot.pause)


async def test_a_preview_that_is_gone_is_told(
    app: UtawakuApp, crawled: Catalogue, settings: Settings
) -> None:
    for path in (settings.cache_dir / "previews").iterdir():
        path.unlink()
    async with app.run_test(size=SIZE) as pilot:
        await review(app, pilot)
        await until(lambda: "its preview is gone" in shown(app), pilot.pause)


async def test_how_the_model_improves_is_drawn(app: UtawakuApp, library: Catalogue) -> None:
    for n, auc in enumerate((0.55, 0.7, 0.84)):
        library.taste.add_model(TasteModel(f"v{n}", "embedding", 20, 20, auc=auc))
    songs = library.browser.songs(library.browser.search("").numbers[:40])
    for n, song in enumerate(songs):
        library.grades.give(
            song.id, grade=1 if n >= 20 else -1, context={"where": "review", "taste": 0.9}
        )
    async with app.run_test(size=SIZE) as pilot:
        await review(app, pilot)
        for words in ("AUC 0.84, was 0.55", "100% of 20, was 0%", "guessed right"):
            await until(lambda words=words: words in shown(app), pilot.pause)


def test_after_every_three_songs_comes_a_find(library: Catalogue) -> None:
    songs = library.browser.songs(library.browser.search("").numbers[:7])
    picks = [Pick(song, "random") for song in songs]
    found = [Find(Candidate(n, str(n), "u"), "found") for n in range(4)]
    kinds = "".join("f" if isinstance(one, Find) else "s" for one in mixed(picks, found))
    assert kinds == "sssfsssfsff"
    assert mixed([], found) == found
    assert mixed(picks, []) == picks


def test_finds_that_can_be_heard_come_first(crawled: Catalogue) -> None:
    assert [find.candidate.key for find in finds(crawled, set())] == [HEARD, READ]
    assert [find.why for find in finds(crawled, set())] == ["promising", "found"]
    heard = stored(crawled, HEARD)
    assert [find.candidate.key for find in finds(crawled, {heard.id})] == [READ]


def test_charts_keep_first_last_and_the_scale() -> None:
    assert chart([0.0, 0.5, 1.0], 10, 2) == ["  █", "▁██"]
    assert chart([2.0, -1.0], 2, 1) == ["█▁"]
    assert chart([], 5, 2) == ["", ""]
    values = [n / 99 for n in range(100)]
    few = thinned(values, 10)
    assert (len(few), few[0], few[-1]) == (10, 0.0, 1.0)
    assert few == sorted(few)
    assert thinned(values, 1) == [1.0]
    assert all(len(line) == 8 for line in chart(values, 8, 3))
