"""The library's folder, which all machines of a cluster see: known by a file in it."""

import uuid

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import ConfigError, UtawakuError, file_trouble
from utawaku.library.files import atomic_path

FILE = ".utawaku-library"
_NAME = "library.folder"


def mark_folder(catalogue: Catalogue, settings: Settings) -> None:
    """Put the mark of the catalogue's library into this machine's folder, the first time.

    Raises:
        ConfigError: another machine named another folder before.
        UtawakuError: the folder cannot be written to.
    """
    known = str(catalogue.memories.recall(_NAME, ""))
    if known:
        check_folder(catalogue, settings)
        return
    path = settings.library_root / FILE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        mark = path.read_text("utf-8").strip() if path.exists() else str(uuid.uuid4())
        with atomic_path(path) as temporary:
            temporary.write_text(f"{mark}\n", "utf-8")
    except OSError as error:
        raise file_trouble(error, str(path)) or UtawakuError(str(error)) from error
    catalogue.memories.keep(_NAME, mark)


def check_folder(catalogue: Catalogue, settings: Settings) -> None:
    """Make sure that this machine sees the folder that the others use.

    Raises:
        ConfigError: it is another one, or it is not there.
    """
    known = str(catalogue.memories.recall(_NAME, ""))
    try:
        found = (settings.library_root / FILE).read_text("utf-8").strip()
    except OSError:
        found = ""
    if not known or found != known:
        raise ConfigError(
            "is not the folder that the other machines keep the library in",
            subject=str(settings.library_root),
            next_step="Mount that folder here, and name it as library_root",
        )
