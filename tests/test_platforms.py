"""What a platform lacks is not imported: every module comes up without it."""

import socket
import subprocess
import sys

import psutil  # noqa: F401 - its part for Linux cannot be loaded once AF_UNIX is taken away
import pytest

from tests.checks import link_package, run_check
from tests.commands.conftest import CommandLine, command_line  # noqa: F401

WITHOUT_MODULES = (
    *("fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "syslog"),
    *("miniaudio", "jeepney"),
)
"""Modules that Windows, or an installation without extras, lacks."""
WITHOUT_NAMES = {
    "os": (
        *("killpg", "getpgid", "getpgrp", "setpgid", "tcgetpgrp", "setsid", "fork", "getuid"),
        *("geteuid", "getgid", "nice", "statvfs", "sched_getaffinity", "sched_setaffinity"),
        *("mkfifo", "wait4", "chown", "fchown", "fchmod", "uname", "getloadavg", "WNOHANG"),
        *("O_NOFOLLOW", "O_DIRECTORY", "O_NONBLOCK", "O_CLOEXEC"),
    ),
    "signal": (
        *("SIGHUP", "SIGKILL", "SIGUSR1", "SIGUSR2", "SIGCHLD", "SIGALRM", "SIGQUIT", "SIGPIPE"),
        *("SIGTSTP", "SIGCONT", "SIGWINCH", "pthread_kill", "pthread_sigmask", "alarm"),
    ),
    "socket": ("AF_UNIX",),
}
IMPORTING = """
import builtins, importlib, pkgutil, sys, types

WITHOUT_MODULES, WITHOUT_NAMES = {modules!r}, {names!r}
real = builtins.__import__


class Lacking(types.ModuleType):
    def __getattribute__(self, name):
        module = object.__getattribute__(self, "__name__")
        if name in WITHOUT_NAMES[module]:
            raise AttributeError(f"{{module}}.{{name}} is not there")
        return getattr(sys.modules[module], name)


def lacking(name, globals=None, locals=None, fromlist=(), level=0):
    # Only our own modules are on the other platform: those that we build on have wheels for it.
    if not level and (globals or {{}}).get("__name__", "").split(".")[0] == "utawaku":
        if name.split(".")[0] in WITHOUT_MODULES:
            raise ModuleNotFoundError(name, name=name)
        if name in WITHOUT_NAMES:
            real(name)
            return Lacking(name)
    return real(name, globals, locals, fromlist, level)


builtins.__import__ = lacking
import utawaku

failed, n_imported = [], 0
for found in pkgutil.walk_packages([{path!r} + "/utawaku"], "utawaku."):
    # Scripts of other environments, migrations and the entry itself work when they are imported.
    if any(one in found.name for one in (".reference.", ".migrations", "__main__")):
        continue
    try:
        importlib.import_module(found.name)
        n_imported += 1
    except (ImportError, AttributeError) as error:
        failed.append(f"{{found.name}}: {{error}}")
print(n_imported, *failed, sep="\\n")

probe = types.ModuleType("utawaku.probe")
for line in ("import fcntl", "from signal import SIGHUP", "import os; os.killpg"):
    try:
        exec(line, probe.__dict__)
        print("there", line)
    except (ImportError, AttributeError):
        print("gone", line)
"""


@pytest.fixture(scope="module")
def walked() -> list[str]:
    """How many modules come up, those that do not, and of each probe whether the name is gone."""
    code = IMPORTING.format(modules=WITHOUT_MODULES, names=WITHOUT_NAMES, path=str(link_package()))
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=250, check=True
    )
    return done.stdout.splitlines()


def test_every_module_comes_up_without_what_windows_lacks(walked: list[str]) -> None:
    failed = [line for line in walked[1:] if not line.startswith("gone ")]
    # The panel of Linux desktops; `tui/services/playback.py` goes on without it.
    assert failed == ["utawaku.tui.player.mpris: jeepney"]
    assert int(walked[0]) > 500


def test_the_names_are_really_gone(walked: list[str]) -> None:
    assert sum(line.startswith("gone ") for line in walked) == 3


def test_the_pipeline_says_where_it_cannot_run(
    command_line: CommandLine,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(socket, "AF_UNIX")
    answer = command_line.run("up")
    assert answer.exit_code == 1
    assert "Unix sockets" in answer.stderr
    assert "utawaku ingest" in answer.stderr


@pytest.mark.slow
@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_no_name_is_used_that_the_platform_lacks(platform: str) -> None:
    done = run_check("types", platform)
    assert done.returncode == 0, done.stdout + done.stderr
