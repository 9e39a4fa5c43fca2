"""The walk of docs/howto/update-a-model.md, with the real UI in a real browser.

After each step, catalogue and Dagster UI name the same streams and the same stale artefacts, and
what the user edited stands.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from tests import chromium
from tests.commands.test_web_page import free_port
from tests.conftest import Program, install_weights
from tests.dagster_ui import LONGEST_S, DagsterUi
from utawaku.demo import make_demo_stream
from utawaku.library.artefacts import ARTEFACTS, CHAIN
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings
from utawaku.library.records import Song
from utawaku.library.staleness import stale_artefacts
from utawaku.media.cut import cut_audio
from utawaku.orchestration.present_versions import present_versions
from utawaku.orchestration.run_tags import ASKED_BY_TAG, ASKED_FOR_TAG
from utawaku.orchestration.stream_lock import lock_file

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

    async def quiet(self) -> None:
        """Wait until nothing runs and nothing is asked for."""
        async with asyncio.timeout(LONGEST_S):
            while await self.ui.runs(statuses=["QUEUED", "NOT_STARTED", "STARTING", "STARTED"]):
                await asyncio.sleep(1)


@pytest.fixture
def offline(program: Program, settings: Settings, weights_dir: Path) -> Program:
    """A program with the weights that the chain needs, and no way out."""
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
        yield Walk(ui, offline, catalogue, catalogue.songs.get(song.id))


async def test_the_walk_of_a_model_update(
    walk: Walk, recordings: list[Path], tmp_path: Path, settings: Settings
) -> None:
    ui, program, catalogue = walk.ui, walk.program, walk.catalogue
    (first,) = walk.streams()

    # The run of the command line belongs to its job, and can be executed again.
    label = {"key": ".dagster/repository", "value": "__repository__@utawaku"}
    (run,) = await ui.runs(pipelineName="ingest_stream", tags=[label])
    assert (run["status"], run["tags"][ASKED_BY_TAG]) == ("SUCCESS", "command")
    await ui.sees("/locations/utawaku/jobs/ingest_stream/runs", run["runId"][:8])
    again = await ui.ended(await ui.repeat(run["runId"]))
    assert again["status"] == "SUCCESS"
    assert set(again["assets"]) == set(CHAIN)
    assert again["tags"][ASKED_BY_TAG] == f"Dagster UI, again after {run['runId'][:8]}"
    await walk.agree(set())

    # While `up` runs, a command files requests and follows them.
    done = program.run("ingest", *recordings[1:])
    assert done.returncode == 0, done.stderr
    assert "Ctrl-C only stops watching" in done.stderr
    assert {one.asked_by for one in catalogue.requests.recent()} == {"command"}
    await walk.quiet()
    await walk.agree(set())
    streams = walk.streams()
    assert len(streams) == 3

    # Another model: stale in both views, on the graph too, and nothing is made by itself.
    shipped = Path(__file__).parents[2] / "models" / "highlight" / "highlight_model.npz"
    with np.load(shipped) as found:
        arrays = {key: found[key] for key in found.files}
    name = next(key for key, one in arrays.items() if one.dtype.kind == "f" and one.ndim)
    arrays[name] = (arrays[name] * 1.01).astype(arrays[name].dtype)
    np.savez(tmp_path / "mine.npz", **arrays)
    swapped = program.run("settings", "highlight.weights", str(tmp_path / "mine.npz"))
    assert swapped.returncode == 0, swapped.stderr
    stale = {(stream, "highlights") for stream in streams}
    await walk.agree(stale)
    async with asyncio.timeout(LONGEST_S):
        while "made_by_the_present_model" not in await ui.failed_checks("highlights"):
            await asyncio.sleep(1)
    await ui.sees("/asset-groups", "segments", "highlights")

    # Made again from the UI alone, one of the streams first.
    await ui.ended(await ui.launch("highlights", first))
    await walk.agree(stale - {(first, "highlights")})
    number = await ui.backfill(["highlights"], [one for one in streams if one != first])
    assert await ui.backfill_ended(number) == "COMPLETED_SUCCESS"
    await walk.agree(set())

    # A cancelled run leaves what was made before.
    made = catalogue.assets.of(first)["segments"].made_at
    with FileLock(lock_file(settings, first)):  # so that it is there to be cancelled
        cancelled = await ui.launch("segments", first)
        await ui.begun(cancelled)
        await ui.cancel(cancelled)
        assert (await ui.ended(cancelled))["status"] == "CANCELED"
    assert catalogue.assets.of(first)["segments"].made_at == made
    await walk.agree(set())

    # Segments by another rule: made again from the UI, and what follows comes by itself.
    changed = program.run("settings", "segments.energy_ratio", "0.05")
    assert changed.returncode == 0, changed.stderr
    await walk.agree({(stream, "segments") for stream in streams})
    remade = await ui.ended(await ui.launch("segments", first))
    assert remade["status"] == "SUCCESS"
    await walk.agree({(stream, "segments") for stream in streams if stream != first})
    followed = [run for run in await ui.runs() if run["tags"][ASKED_BY_TAG] == "automation"]
    assert followed
    assert followed[0]["tags"]["dagster/partition"] == first

    # A check that fails is told on both sides.
    song = catalogue.songs.of_stream(first)[0]
    file = settings.library_root / song.file_path
    short = file.with_name(f"short{file.suffix}")
    cut_audio(file, 0.0, 2.0, short, with_loudness=False)
    short.replace(file)
    await ui.ended(await ui.launch("library_files", first))
    assert "files_are_as_long_as_their_songs" in await ui.failed_checks("library_files")
    (bad,) = catalogue.assets.with_failed_checks()
    assert (bad.stream_id, bad.asset) == (first, "library_files")
    assert any("files are as long" in one.title for one in catalogue.notices.recent())
    file.unlink()
    await ui.ended(await ui.launch("library_files", first))
    assert catalogue.assets.with_failed_checks() == []
    await walk.agree()

    # A stray partition goes within minutes.
    await ui.type_partition("typo")
    await walk.agree()

    # A stream that is deleted goes on both sides.
    gone = next(stream for stream in streams if stream != first)
    catalogue.streams.delete(gone)
    await walk.agree()
    assert gone not in walk.streams()

    # All of it at once.
    await walk.quiet()
    number = await ui.backfill(list(CHAIN), walk.streams())
    assert await ui.backfill_ended(number) == "COMPLETED_SUCCESS"
    await walk.quiet()
    await walk.agree(set())
    assert all(run["tags"].get(ASKED_BY_TAG) and run["tags"].get(ASKED_FOR_TAG)
               for run in await ui.runs(statuses=["SUCCESS"]))  # fmt: skip
