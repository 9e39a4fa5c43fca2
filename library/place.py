"""The place of a process: its host, and the name space in which its number means something."""

import os
import socket
import uuid
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from utawaku.library.processes import is_gone, process_mark

_MACHINE_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_PID_NAMESPACE = Path("/proc/self/ns/pid")


@dataclass(frozen=True)
class Place:
    """A host between two starts of it, and a name space of process numbers there.

    Containers of one machine have name spaces of their own: none can look for a process of another.
    """

    host: str
    """For a person to read; several may have the same."""
    machine: str
    """Id of the installation; empty where it has none that is its own."""
    boot: str
    namespace: str

    @property
    def key(self) -> str:
        """As it is stored: `machine/boot/namespace`."""
        return f"{self.machine}/{self.boot}/{self.namespace}"

    @property
    def digest(self) -> str:
        """Eight hex digits, for names of files."""
        return f"{zlib.crc32(f'{self.host}/{self.key}'.encode()):08x}"

    def knows_gone(self, host: str, key: str, process: str) -> bool | None:
        """Return whether a process has ended, as seen from here; None where only time can tell.

        Args:
            host: its host.
            key: the key of its place.
            process: its mark (`library.processes.process_mark`).
        """
        if key == self.key:
            return is_gone(process)
        machine, _, rest = key.partition("/")
        boot = rest.partition("/")[0]
        is_this_machine = bool(machine) and (host, machine) == (self.host, self.machine)
        if is_this_machine and boot and boot != self.boot:
            return True  # this machine has been started again since
        return None


@lru_cache
def here() -> Place:
    """The place of this process."""
    return Place(socket.gethostname(), _machine(), _boot(), _namespace())


def own_mark() -> str:
    """The mark of this process, wherever it was forked from."""
    return process_mark(os.getpid())


def _machine() -> str:
    for path in _MACHINE_IDS:
        try:
            found = path.read_text("utf-8", "replace").strip()
        except OSError:
            continue
        if found and found != "uninitialized":
            return found[:32]
    # Where there is no /proc, nothing else tells two machines of one name apart.
    return "" if _BOOT_ID.exists() else f"{uuid.getnode():x}"


def _boot() -> str:
    try:
        return _BOOT_ID.read_text("utf-8").strip()
    except OSError:
        return ""


def _namespace() -> str:
    try:
        return str(_PID_NAMESPACE.readlink())
    except OSError:
        return ""
