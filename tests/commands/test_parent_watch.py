"""A process whose parent was killed ends, with all that it forked."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="has no process groups")

CHILD = """
import signal, subprocess, sys, time
from utawaku.commands.parent_watch import end_with_parent
signal.signal(signal.SIGTERM, {handler})
grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
end_with_parent()
print(grandchild.pid, flush=True)
time.sleep(600)
"""
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdin=subprocess.PIPE,
                         start_new_session=True)
print(child.pid, flush=True)
time.sleep(600)
"""


def is_there(pid: int) -> bool:
    """Whether a process runs; one that nobody asked for after its end does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize("handler", ["signal.SIG_DFL", "signal.SIG_IGN"])
def test_a_killed_parent_takes_its_child_and_what_that_started_along(handler: str) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, CHILD.format(handler=handler)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    pids = [int(parent.stdout.readline()) for _ in range(2)]
    try:
        assert all(map(is_there, pids))
        parent.send_signal(signal.SIGKILL)
        parent.wait(10)
        deadline = time.monotonic() + 60
        while any(map(is_there, pids)) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not any(map(is_there, pids))
    finally:
        for pid in pids:
            if is_there(pid):
                os.kill(pid, signal.SIGKILL)
        parent.stdout.close()
