"""`utawaku ingest` while `utawaku up` runs: the request is followed to its end."""

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from tests.commands.conftest import Answer, CommandLine
from tests.conftest import Program
from tests.media.test_render import write_wav
from utawaku.commands.supervisor import LOCK_FILE
from utawaku.library.artefacts import CHAIN
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import ExitCode
from utawaku.library.records import Request

Serve = Callable[[Catalogue, Request], object]


@pytest.fixture
def up(settings: Settings) -> Iterator[FileLock]:
    """The lock that the supervisor of `up` holds for life."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    lock = FileLock(settings.data_dir / LOCK_FILE, thread_local=False)
    with lock:
        yield lock


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return recording(tmp_path, 8000)


def recording(folder: Path, n_samples: int) -> Path:
    return write_wav(folder / f"{n_samples}.wav", np.zeros((2, n_samples), np.float32))


def ingest(
    command_line: CommandLine, catalogue: Catalogue, files: Sequence[Path], *serve: Serve
) -> tuple[Answer, list[Request]]:
    """Run the command; `serve` does with each request what the pipeline would do."""
    served: list[Request] = []

    def pipeline() -> None:
        while len(waiting := catalogue.requests.waiting()) < len(files):
            time.sleep(0.02)
        served.extend(waiting)
        for request, one in zip(waiting, serve, strict=True):
            one(catalogue, request)

    serving = threading.Thread(target=pipeline)
    serving.start()
    answer = command_line.run("ingest", *files, "--json")
    serving.join()
    return answer, served


def made(catalogue: Catalogue, request: Request) -> None:
    catalogue.requests.claim(request.id)
    for name in CHAIN:
        catalogue.assets.started(request.target, name)
        catalogue.assets.done(request.target, name, engine="x", engine_version="1")
    catalogue.requests.finish(request.id)


def not_media(catalogue: Catalogue, request: Request) -> None:
    catalogue.requests.claim(request.id)
    catalogue.assets.started(request.target, "segments")
    catalogue.assets.failed(request.target, "segments", "no sound", exit_code=ExitCode.NO_SOUND)


def refused(catalogue: Catalogue, request: Request) -> None:
    not_media(catalogue, request)
    catalogue.requests.fail(request.id, "no sound")


def put_off(catalogue: Catalogue, request: Request) -> None:
    not_media(catalogue, request)
    catalogue.requests.try_again(request.id, time.time() + 3600, "no sound")


def waited(catalogue: Catalogue, request: Request) -> None:
    catalogue.requests.wait(request.id, time.time() + 1, "youtube is on cooldown")
    time.sleep(1)
    made(catalogue, request)


def cancelled(catalogue: Catalogue, request: Request) -> None:
    catalogue.requests.cancel(request.id)


def test_the_command_ends_as_its_requests_do(
    command_line: CommandLine, catalogue: Catalogue, up: FileLock, tmp_path: Path
) -> None:
    files = [recording(tmp_path, 8000 + n) for n in range(5)]
    serve = (waited, refused, put_off, cancelled, made)
    answer, requests = ingest(command_line, catalogue, files, *serve)
    assert {(one.kind, one.asked_by) for one in requests} == {("ingest_stream", "command")}
    outcomes = json.loads(answer.stdout)["streams"]
    assert [(one["state"], one["exit_code"]) for one in outcomes] == [
        ("done", ExitCode.DONE),
        ("failed", ExitCode.NO_SOUND),
        ("failed", ExitCode.NO_SOUND),
        ("failed", ExitCode.STOPPED),
        ("done", ExitCode.DONE),
    ]
    assert answer.exit_code == ExitCode.FAILED  # of several kinds
    for told in (
        "Ctrl-C only stops watching",
        "youtube is on cooldown",
        "segments: no sound",
        "and tries again",
        "was cancelled",
    ):
        assert told in answer.stderr, told


def test_a_pipeline_that_ends_is_told_and_the_request_stays(
    command_line: CommandLine, catalogue: Catalogue, up: FileLock, file: Path
) -> None:
    answer, (request,) = ingest(command_line, catalogue, [file], lambda *_: up.release())
    assert answer.exit_code == ExitCode.FAILED
    assert "the pipeline ended" in answer.stderr
    assert catalogue.requests.get(request.id).state == "queued"


@pytest.mark.slow
def test_ctrl_c_stops_watching_and_the_request_stays(
    program: Program, settings: Settings, up: FileLock, catalogue: Catalogue, file: Path
) -> None:
    process = program.start("ingest", file)
    assert process.stderr is not None
    while "Ctrl-C only stops watching" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == ExitCode.STOPPED
    assert "`utawaku up` goes on with it" in errors
    assert [one.asked_by for one in catalogue.requests.waiting()] == ["command"]
