"""Runs that are forked from a process that has loaded what they need."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the pipeline needs Unix")

SCRIPT = """
import multiprocessing, sys, threading, time
from dagster._grpc import server
from utawaku.commands import code_server

def run(queue):
    queue.put("loaded" in sys.modules)
    queue.get()

if __name__ == "__main__":
    code_server.LOADED = "loaded"
    code_server.fork_runs()
    context = server.multiprocessing.get_context("spawn")
    threading.Thread(target=code_server.end_when_idle, args=(0.3, 0.1), daemon=True).start()

    def serve_one():
        queue = context.Queue()
        process = context.Process(target=run, args=(queue,))
        process.start()
        print("loaded before:", queue.get())
        pid = code_server.fork_server_pid()
        time.sleep(1)
        print("kept while a run goes on:", code_server.fork_server_pid() == pid)
        print("a run is seen:", code_server.has_forked())
        queue.put(None)
        process.join()
        while code_server.fork_server_pid() is not None:
            time.sleep(0.05)
        print("ended when idle")

    serve_one()
    serve_one()
"""


def test_runs_are_forked_and_the_process_behind_them_ends_when_none_comes(tmp_path: Path) -> None:
    (tmp_path / "loaded.py").write_text("", "utf-8")
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, "utf-8")
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{Path(__file__).parents[2]}:{tmp_path}"},
    )
    once = [
        "loaded before: True",
        "kept while a run goes on: True",
        "a run is seen: True",
        "ended when idle",
    ]
    assert done.stdout.splitlines() == [*once, *once], done.stderr


def test_what_runs_need_can_be_loaded_without_starting_a_thread() -> None:
    code = (
        "import threading, utawaku.orchestration.loaded_for_runs; "
        "print([one.name for one in threading.enumerate()])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout.strip() == "['MainThread']"
