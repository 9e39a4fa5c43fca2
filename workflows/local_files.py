"""Files of one machine, where several machines work on a library."""

import os
from pathlib import Path

from utawaku.library.cluster import is_cluster
from utawaku.library.config import Settings
from utawaku.library.errors import MediaError
from utawaku.services.downloader import TakeMode


def storage_of(path: Path, settings: Settings) -> TakeMode:
    """Return how a local file is stored: as the user set it, or so that all machines see it.

    On several machines a file outside the library is copied unless `download.local_files` says
    otherwise.
    """
    wanted = settings.download.local_files
    is_set = "local_files" in settings.download.model_fields_set
    if is_set or wanted != "reference" or not is_cluster(settings):
        return wanted
    root = os.path.abspath(settings.library_root)
    is_inside = Path(os.path.abspath(path)).is_relative_to(root)
    return "reference" if is_inside else "copy"


def check_visible(path: Path, settings: Settings) -> None:
    """Make sure that this machine sees a file or folder that it is asked about.

    Raises:
        MediaError: it does not; another machine may.
    """
    if is_cluster(settings) and not path.expanduser().exists():
        raise MediaError(
            "this machine does not see it",
            subject=str(path),
            next_step="Run `utawaku ingest` on the machine that has it, or put it where all "
            "machines see it",
        )
