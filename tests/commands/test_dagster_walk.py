"""The walk of docs/howto/update-a-model.md, with the real UI in a real browser.

After each step, catalogue and Dagster UI name the same streams and the same stale artefacts, and
what the user edited stands. Each step begins with whatever the library holds, and tells how long it
took (`pytest -m slow -n 0 -s`): all of them 29 minutes at load 8 to 18 on two cores.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests import chromium
from tests.commands.test_web_page import free_port
from tests.conftest import Program, install_weights
from tests.dagster_ui import LONGEST_S, DagsterUi
from tests.fixtures.leases import other_process
from utawaku.demo import make_demo_stream
from utawaku.library.artefacts import ARTEFACTS, CHAIN
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings
from utawaku.library.records import Song
from utawaku.library.staleness import stale_artefacts
from utawaku.media.cut import cut_audio
from utawaku.orchestration.present_versions import present_versions
from utawaku.orchestration.run_tags import ASKED_BY_TAG, ASKED_FOR_TAG

BROWSER = chromium.find()
EDITED = ("start_s", "stop_s", "title", "artist", "grade", "state")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(BROWSER is None, reason="no Chromium (looked for chromium, google-chrome)"),
]


@dataclass
class Walk:
    """The library of the walk, seen from both sides."""

    ui: DagsterUi
    program: Program
    catalogue: Catalogue
    edited: Song
    folder: Path
    """For files of the test's own."""

    @property
    def first(self) -> str:
        """The stream whose songs were edited."""
        return self.edited.stream_id

    def streams(self) -> list[str]:
        return sorted(self.catalogue.streams.ids())

    def ours(self) -> set[tuple[str, str]]:
        """The stale artefacts as the catalogue names them."""
        present = present_versions(load_settings())
        return {(one.stream_id, one.asset) for one in stale_artefacts(self.catalogue, present)}

    async def agree(self, wanted: set[tuple[str, str]] | None = None) -> set[tuple[str, str]]:
        """Wait until both sides name the same, and `wanted` where that is given."""
        theirs: object = None
        try:
            async with asyncio.timeout(LONGEST_S):
                while True:
                    ours, streams = self.ours(), self.streams()
                    theirs = await self.ui.stale(list(ARTEFACTS), streams)
                    partitions = await self.ui.partitions()
                    if ours == theirs and partitions == set(streams) and wanted in (None, ours):
                        break
                    await asyncio.sleep(1)
        except TimeoutError:
            raise AssertionError(f"{self.ours()} / {theirs} / wanted {wanted}") from None
        song = self.catalogue.songs.get(self.edited.id)
        for name in EDITED:
            assert getattr(song, name) == getattr(self.edited, name), name
        return ours

    def set(self, name: str, value: str) -> None:
        """Change a setting by the command, as the user does."""
        changed = self.program.run("settings", name, value)
        assert changed.returncode == 0, changed.stderr

    async def quiet(self) -> None:
        """Wait until nothing runs and nothing is asked for."""
        async with asyncio.timeout(LONGEST_S):
            while await self.ui.runs(statuses=["QUEUED", "NOT_STARTED", "STARTING", "STARTED"]):
                await asyncio.sleep(1)


@pytest.fixture
def offline(
    program: Program, settings: Settings, weights_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> Program:
    """A program with the weights that the chain needs, and no way out."""
    monkeypatch.setenv("UTAWAKU_LABELS__SHAZAM", "false")  # the test asks what is stale, too
    settings.weights_dir.unlink()  # a link to weights that others use, too
    install_weights(weights_dir, settings, "sm", "musicnn")
    program.environment |= {
        "UTAWAKU_LABELS__SHAZAM": "false",
        "https_proxy": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
        "no_proxy": "127.0.0.1,localhost",
    }
    return program


@pytest.fixture
def recordings(tmp_path: Path) -> list[Path]:
    made = [tmp_path / f"evening {n}.opus" for n in (1, 2, 3)]
    for n, path in enumerate(made):
        make_demo_stream(path, seed=5 + n, minutes=1.5)
    return made


@pytest.fixture
def port(offline: Program, recordings: list[Path]) -> Iterator[int]:
    """The port of `up`, over a library with one stream that a command made before it came up."""
    made = offline.run("ingest", recordings[0])
    assert made.returncode == 0, made.stderr
    found = free_port()
    came = offline.run("up", "--detach", "--port", str(found))
    assert came.returncode == 0, came.stderr
    yield found
    assert offline.run("down").returncode == 0


@pytest.fixture
async def walk(
    port: int, offline: Program, catalogue: Catalogue, tmp_path: Path
) -> AsyncIterator[Walk]:
    assert BROWSER is not None
    address = offline.run("up", "--address", "--port", str(port)).stdout.strip()
    async with chromium.opened(BROWSER, tmp_path / "profile", address) as page:
        ui = DagsterUi(page)
        (stream,) = catalogue.streams.all()
        song = catalogue.songs.of_stream(stream.id)[0]
        catalogue.edits.rename({song.id: {"title": "夜に駆ける", "artist": "YOASOBI"}})
        catalogue.grades.give(song.id, grade=1, stars=5)
        catalogue.edits.move(song.id, song.start_s + 1.5, song.stop_s - 2.5)
        await ui.sees("/overview", "Overview")
        yield Walk(ui, offline, catalogue, catalogue.songs.get(song.id), tmp_path)


async def a_run_of_the_command_line_can_be_executed_again(walk: Walk) -> None:
    ui = walk.ui
    label = {"key": ".dagster/repository", "value": "__repository__@utawaku"}
    (run,) = await ui.runs(pipelineName="ingest_stream", tags=[label])
    assert (run["status"], run["tags"][ASKED_BY_TAG]) == ("SUCCESS", "command")
    await ui.sees("/locations/utawaku/jobs/ingest_stream/runs", run["runId"][:8])
    await ui.sees("/overview/activity/timeline", "ingest_stream")
    again = await ui.ended(await ui.repeat(run["runId"]))
    assert again["status"] == "SUCCESS"
    assert set(again["assets"]) == set(CHAIN)
    assert again["tags"][ASKED_BY_TAG] == f"Dagster UI, again after {run['runId'][:8]}"
    await walk.agree(set())


async def a_command_files_requests_and_follows_them(walk: Walk) -> None:
    done = walk.program.run("ingest", *sorted(walk.folder.glob("evening [23].opus")))
    assert done.returncode == 0, done.stderr
    assert "Ctrl-C only stops watching" in done.stderr
    assert {one.asked_by for one in walk.catalogue.requests.recent()} == {"command"}
    await walk.quiet()
    await walk.agree(set())
    assert len(walk.streams()) == 3


async def another_model_is_stale_in_both_views_and_nothing_is_made_by_itself(walk: Walk) -> None:
    shipped = Path(__file__).parents[2] / "models" / "highlight" / "highlight_model.npz"
    with np.load(shipped) as found:
        arrays = {key: found[key] for key in found.files}
    name = next(key for key, one in arrays.items() if one.dtype.kind == "f" and one.ndim)
    arrays[name] = (arrays[name] * 1.01).astype(arrays[name].dtype)
    np.savez(walk.folder / "mine.npz", **arrays)
    walk.set("highlight.weights", str(walk.folder / "mine.npz"))
    await walk.agree({(stream, "highlights") for stream in walk.streams()})
    async with asyncio.timeout(LONGEST_S):
        while "made_by_the_present_model" not in await walk.ui.failed_checks("highlights"):
            await asyncio.sleep(1)
    await walk.ui.sees("/locations/utawaku/asset-groups/streams", "segments", "highlights")


async def it_is_made_again_from_the_ui_alone(walk: Walk) -> None:
    ui = walk.ui
    others = [stream for stream in walk.streams() if stream != walk.first]
    await ui.ended(await ui.launch("highlights", walk.first))
    await walk.agree({(stream, "highlights") for stream in others})
    number = await ui.materialize_all("highlights")
    assert await ui.backfill_ended(number) == "COMPLETED_SUCCESS"
    await walk.agree(set())


async def a_cancelled_run_leaves_what_was_made_before(walk: Walk) -> None:
    made = walk.catalogue.assets.of(walk.first)["segments"].made_at
    with other_process(walk.catalogue, walk.first):  # so that it is there to be cancelled
        cancelled = await walk.ui.launch("segments", walk.first)
        await walk.ui.begun(cancelled)
        await walk.ui.cancel(cancelled)
        assert (await walk.ui.ended(cancelled))["status"] == "CANCELED"
    assert walk.catalogue.assets.of(walk.first)["segments"].made_at == made
    await walk.agree(set())


async def what_follows_comes_by_itself(walk: Walk) -> None:
    walk.set("segments.energy_ratio", "0.05")
    await walk.agree({(stream, "segments") for stream in walk.streams()})
    remade = await walk.ui.ended(await walk.ui.launch("segments", walk.first))
    assert remade["status"] == "SUCCESS"
    await walk.agree({(stream, "segments") for stream in walk.streams() if stream != walk.first})
    followed = [run for run in await walk.ui.runs() if run["tags"][ASKED_BY_TAG] == "automation"]
    assert followed
    assert followed[0]["tags"]["dagster/partition"] == walk.first


async def a_check_that_fails_is_told_on_both_sides(walk: Walk) -> None:
    ui, catalogue = walk.ui, walk.catalogue
    song = catalogue.songs.of_stream(walk.first)[0]
    file = load_settings().library_root / song.file_path
    short = file.with_name(f"short{file.suffix}")
    cut_audio(file, 0.0, 2.0, short, with_loudness=False)
    short.replace(file)
    await ui.ended(await ui.launch("library_files", walk.first))
    assert "files_are_as_long_as_their_songs" in await ui.failed_checks("library_files")
    (bad,) = catalogue.assets.with_failed_checks()
    assert (bad.stream_id, bad.asset) == (walk.first, "library_files")
    assert any("files are as long" in one.title for one in catalogue.notices.recent())
    file.unlink()
    await ui.ended(await ui.launch("library_files", walk.first))
    assert catalogue.assets.with_failed_checks() == []
    await walk.agree()


async def a_stray_partition_goes(walk: Walk) -> None:
    await walk.ui.type_partition("typo")
    assert "typo" in await walk.ui.partitions()
    await walk.agree()


async def a_stream_that_is_deleted_goes_on_both_sides(walk: Walk) -> None:
    gone = next(stream for stream in walk.streams() if stream != walk.first)
    walk.catalogue.streams.delete(gone)
    await walk.agree()
    assert gone not in walk.streams()


async def all_of_it_is_made_again_at_once(walk: Walk) -> None:
    ui = walk.ui
    await walk.quiet()
    number = await ui.backfill(list(CHAIN), walk.streams())
    assert await ui.backfill_ended(number) == "COMPLETED_SUCCESS"
    await walk.quiet()
    await walk.agree(set())
    runs = await ui.runs(statuses=["SUCCESS"])
    assert all(run["tags"].get(ASKED_BY_TAG) and run["tags"].get(ASKED_FOR_TAG) for run in runs)


STEPS = (
    a_run_of_the_command_line_can_be_executed_again,
    a_command_files_requests_and_follows_them,
    another_model_is_stale_in_both_views_and_nothing_is_made_by_itself,
    it_is_made_again_from_the_ui_alone,
    a_cancelled_run_leaves_what_was_made_before,
    what_follows_comes_by_itself,
    a_check_that_fails_is_told_on_both_sides,
    a_stray_partition_goes,
    a_stream_that_is_deleted_goes_on_both_sides,
    all_of_it_is_made_again_at_once,
)


async def test_the_walk_of_a_model_update(walk: Walk) -> None:
    for step in STEPS:
        began = time.monotonic()
        await step(walk)
        print(f"{time.monotonic() - began:6.0f} s  {step.__name__.replace('_', ' ')}", flush=True)
