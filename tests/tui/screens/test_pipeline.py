"""The pipeline screen, driven by keys."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.tui.conftest import until
from tests.tui.driving import opened, shown
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.heartbeat import beat
from utawaku.library.requests import (
    Follow,
    Ingest,
    IngestStream,
    Rematerialize,
    RematerializeStream,
    Separate,
    SeparatePieces,
    Unfollow,
    read_request,
)
from utawaku.library.staleness import Version, keep_present
from utawaku.tui.app import UtawakuApp
from utawaku.tui.screens.pipeline import PipelineScreen, RequestRows
from utawaku.tui.targets import check_targets, requests_of

SIZE = (110, 30)


def sources_of(text: str) -> list[str]:
    return [one.source for one in requests_of(text)]


async def test_addresses_and_files_become_requests(
    app: UtawakuApp, library: Catalogue, tmp_path: Path
) -> None:
    file = tmp_path / "live 夜.mp4"
    file.write_bytes(b"x")
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        await pilot.press("P")
        await until(lambda: isinstance(app.screen, PipelineScreen), pilot.pause)
        await pilot.press("a")
        await until(lambda: app.screen.query("#answer"), pilot.pause)
        await pilot.press(*"/no/such/file", "ctrl+s")
        await until(lambda: "neither an address nor a file" in shown(app), pilot.pause)
        field = app.screen.query_one("#answer")
        field.text = f"https://www.example.com/watch?v=abc --as-one\n{file}"  # type: ignore[attr-defined]
        await pilot.press("ctrl+s")
        await until(lambda: len(library.requests.waiting(Ingest)) == 2, pilot.pause)
        assert {r.target for r in library.requests.waiting()} == {
            "https://www.example.com/watch?v=abc",
            str(file),
        }
        asked = [read_request(r) for r in library.requests.waiting(Ingest)]
        assert {one.as_one for one in asked if isinstance(one, Ingest)} == {True, False}
        await until(lambda: "example.com/watch" in shown(app), pilot.pause)
        await until(lambda: "The pipeline is off" in shown(app), pilot.pause)


async def test_progress_failures_and_liveness_are_shown(
    app: UtawakuApp, library: Catalogue, settings: Settings
) -> None:
    request = library.requests.file(Ingest(source="https://www.example.com/1"))
    library.requests.claim(request.id)
    library.requests.progressed(request.id, 0.4, "downloading")
    other = library.requests.file(Ingest(source="https://www.example.com/2"))
    library.requests.fail(other.id, "HTTP 429: wait an hour")
    library.assets.started("youtube-fake0000001", "segments")
    library.assets.progressed("youtube-fake0000001", "segments", 0.7, "listening")
    beat(settings)
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        await pilot.press("P")
        await until(lambda: "40%  downloading" in shown(app), pilot.pause)
        await until(lambda: "70%  listening" in shown(app), pilot.pause)
        await until(lambda: "HTTP 429" in shown(app), pilot.pause)
        await until(lambda: "The pipeline runs." in shown(app), pilot.pause)
        library.requests.progressed(request.id, 0.6, "cutting")
        await until(lambda: "60%  cutting" in shown(app), pilot.pause)


async def test_stems_and_pieces_show_how_far_their_run_is(
    app: UtawakuApp, library: Catalogue
) -> None:
    stream_ids = ("youtube-fake0000001", "youtube-fake0000002")
    song_id = library.songs.of_stream(stream_ids[0])[0].id
    for wanted, stream_id, artefact, share in (
        (Separate(song_id=song_id), stream_ids[0], "stems", 0.3),
        (SeparatePieces(stream_id=stream_ids[1]), stream_ids[1], "pieces", 0.8),
    ):
        library.requests.claim(library.requests.file(wanted).id)
        library.assets.started(stream_id, artefact)
        library.assets.progressed(stream_id, artefact, share, f"separating {artefact}")
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        await pilot.press("P")
        await until(lambda: "30%  separating stems" in shown(app), pilot.pause)
        await until(lambda: "80%  separating pieces" in shown(app), pilot.pause)


async def test_requests_are_cancelled_after_a_question_and_tried_again(
    app: UtawakuApp, library: Catalogue
) -> None:
    request = library.requests.file(Ingest(source="https://www.example.com/1"))
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        await pilot.press("P")
        await until(lambda: "watch" in shown(app) or "example.com/1" in shown(app), pilot.pause)
        await pilot.press("x")
        await until(lambda: "Cancel example.com" in shown(app), pilot.pause)
        await pilot.press("n")
        await until(lambda: len(app.screen_stack) == 1, pilot.pause)
        await until(lambda: library.requests.get(request.id).state == "queued", pilot.pause)
        await pilot.press("x")
        await until(lambda: "Cancel example.com" in shown(app), pilot.pause)
        await pilot.press("y")
        await until(lambda: library.requests.get(request.id).state == "cancelled", pilot.pause)
        await until(lambda: "cancelled" in shown(app), pilot.pause)
        await pilot.press("y")
        await until(lambda: library.requests.get(request.id).state == "queued", pilot.pause)


async def test_a_failed_step_can_be_read_and_made_again(
    app: UtawakuApp, library: Catalogue
) -> None:
    library.assets.failed("youtube-fake0000001", "labels", "no network. Connect, then try again")
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        await pilot.press("P")
        await until(lambda: "no network" in shown(app), pilot.pause)
        work = app.screen.query_one("#work")
        work.focus()
        await pilot.pause()
        rows = app.screen.query_one("#work")
        index = next(
            n
            for n, (state, _title) in enumerate(rows.work)  # type: ignore[attr-defined]
            if state.asset == "labels"
        )
        rows.cursor = index  # type: ignore[attr-defined]
        await pilot.press("enter")
        await until(lambda: "Connect, then try again" in shown(app), pilot.pause)
        await pilot.press("escape")
        await until(lambda: len(app.screen_stack) == 1, pilot.pause)
        await pilot.press("y")
        await until(lambda: library.requests.waiting(RematerializeStream), pilot.pause)
        (request,) = library.requests.waiting(RematerializeStream)
        wanted = RematerializeStream(stream_id="youtube-fake0000001", assets=("labels",))
        assert read_request(request) == wanted


async def test_streams_channels_and_versions_are_shown_and_asked_for(
    app: UtawakuApp, library: Catalogue, settings: Settings
) -> None:
    library.assets.done("youtube-fake0000001", "segments", engine="sm-fast", engine_version="2")
    keep_present(library, settings, {"segments": Version("2", {})})
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        await pilot.press("P")
        await until(lambda: "Now" in shown(app) and "Versions" in shown(app), pilot.pause)
        await pilot.press("v")
        await until(lambda: "●" in shown(app) and "Steps" in shown(app), pilot.pause)
        await pilot.press("y")
        await until(lambda: library.requests.waiting(RematerializeStream), pilot.pause)
        await pilot.press("v")
        await until(lambda: "Luna Amane" in shown(app) and "Last look" in shown(app), pilot.pause)
        await pilot.press("x")
        await until(lambda: "Stop following" in shown(app), pilot.pause)
        await pilot.press("y")
        await until(lambda: library.requests.waiting(Unfollow), pilot.pause)
        await pilot.press("F", *"https://www.youtube.com/@mio", "enter")
        await until(lambda: library.requests.waiting(Follow), pilot.pause)
        await pilot.press("v")
        await until(lambda: "stale: y makes them again" in shown(app), pilot.pause)
        rows = app.screen.query_one("#makers")
        makers = rows.makers  # type: ignore[attr-defined]
        older = next(n for n, maker in enumerate(makers) if maker.n_stale)
        rows.cursor = older  # type: ignore[attr-defined]
        await pilot.press("y")
        await until(lambda: "streams again?" in shown(app), pilot.pause)
        await pilot.press("y")
        await until(
            lambda: (
                [r.target for r in library.requests.waiting(Rematerialize)] == [makers[older].asset]
            ),
            pilot.pause,
        )
        await pilot.press("v", "v")  # over the limits, back to the first
        await until(lambda: "429" in shown(app), pilot.pause)


async def test_an_error_of_ours_ends_the_app_with_its_code(app: UtawakuApp) -> None:
    with pytest.raises(ZeroDivisionError):  # noqa: PT012  (raised where the app ends)
        async with app.run_test(size=SIZE) as pilot:
            await opened(app, pilot)
            app.services.worker.write(lambda: 1 // 0)
            await until(lambda: app.return_code is not None, pilot.pause)
    assert app.return_code == 1


def test_targets_are_read_one_a_line_and_twice_is_once(tmp_path: Path) -> None:
    assert sources_of(' https://a.example/x \n\n"/tmp/b c.mp4"\nhttps://a.example/x') == [
        "https://a.example/x",
        "/tmp/b c.mp4",
    ]
    asked = requests_of("https://a.example/x --as-one\nhttps://a.example/y")
    assert [(one.source[-1], one.as_one) for one in asked] == [("x", True), ("y", False)]
    assert check_targets("https://a.example/x --as-one") == ""
    assert "video in parts" in check_targets(f"{tmp_path} --as-one")
    assert check_targets("  \n") != ""
    assert check_targets("https://") != ""
    assert check_targets(str(tmp_path)) == ""


async def test_requests_have_titles_and_the_progress_of_their_steps(
    app: UtawakuApp, library: Catalogue, settings: Settings
) -> None:
    stream = library.streams.get("youtube-fake0000001")
    song = library.songs.of_stream(stream.id)[0]
    library.songs.set_label(song.id, "A Song", "Somebody", "user")
    running = library.requests.file(IngestStream(stream_id=stream.id))
    library.requests.claim(running.id)
    library.requests.file(Separate(song_id=song.id))
    library.assets.started(stream.id, "embeddings")
    library.assets.progressed(stream.id, "embeddings", 0.98, "")
    async with app.run_test(size=(160, 40)) as pilot:
        await opened(app, pilot)
        await pilot.press("P")
        await until(lambda: isinstance(app.screen, PipelineScreen), pilot.pause)
        rows = app.screen.query_one(RequestRows)
        await until(lambda: rows.requests, pilot.pause)
        await until(lambda: "embeddings 98%" in shown(app), pilot.pause)
        await until(lambda: "stems of A Song" in shown(app), pilot.pause)
        assert stream.title[:8] in shown(app)
        assert stream.id not in shown(app)
        assert rows.steps[stream.id][0] > 0.6


@pytest.mark.parametrize("width", [80, 160])
async def test_steps_of_streams_are_told_in_words_or_under_their_names(
    app: UtawakuApp, library: Catalogue, width: int
) -> None:
    streams = library.streams.all(limit=3)
    library.assets.started(streams[0].id, "labels")
    library.assets.progressed(streams[0].id, "labels", 0.4, "")
    library.assets.failed(streams[1].id, "songs", "no such luck")
    async with app.run_test(size=(width, 30)) as pilot:
        await opened(app, pilot)
        await pilot.press("P", "v")
        await until(lambda: "Stream" in shown(app), pilot.pause)
        if width == 80:
            await until(lambda: "labels 40%" in shown(app), pilot.pause)
            await until(lambda: "failed: songs" in shown(app), pilot.pause)
        else:
            await until(lambda: "library files" in shown(app), pilot.pause)
            await until(lambda: "40%" in shown(app), pilot.pause)


async def test_the_start_of_the_pipeline_is_shown_until_it_runs(
    app: UtawakuApp, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    waits = tmp_path / "interpreter"
    waits.write_text(f"#!/bin/sh\nwhile [ ! -e {tmp_path}/go ]; do sleep 0.05; done\n")
    waits.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(waits))
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        await pilot.press("P")
        await until(lambda: isinstance(app.screen, PipelineScreen), pilot.pause)
        await pilot.press("S")
        await until(lambda: "pipeline starting, " in shown(app), pilot.pause)
        await until(lambda: "The pipeline is starting (" in shown(app), pilot.pause)
        await pilot.press("S")
        beat(settings)
        (tmp_path / "go").touch()
        await until(lambda: "The pipeline runs." in shown(app), pilot.pause)
        await until(lambda: app.services.pipeline.starting_s is None, pilot.pause)


@pytest.mark.slow
async def test_only_what_was_downloaded_counts_against_the_quota(
    app: UtawakuApp, library: Catalogue
) -> None:
    streams = library.streams.all(limit=2)
    library.streams.save(replace(streams[0], url="/home/mio/evening.opus", site="youtube"))
    library.streams.save(replace(streams[1], url="https://a.example/2"))
    for stream in streams:
        library.assets.done(stream.id, "recordings", engine="file", engine_version="1")
    n = library.overview.n_recorded_since(time.time() - 60)
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        await pilot.press("P")
        await until(lambda: f"{n} of 200 downloads" in shown(app), pilot.pause)
    library.streams.save(replace(streams[0], url="https://a.example/1"))
    assert library.overview.n_recorded_since(time.time() - 60) == n + 1
