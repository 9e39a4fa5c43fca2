"""Files of the library: names, atomic writes and moves, trash."""

from utawaku.library.files.atomic import (
    atomic_path,
    is_temporary,
    move,
    remove_stale_temporaries,
    temporary_path,
)
from utawaku.library.files.paths import (
    check_template,
    numbered,
    render_path,
    safe_component,
    safe_extension,
)
from utawaku.library.files.trash import TrashEntry, empty_trash, list_trash, restore, trash

__all__ = [
    "TrashEntry",
    "atomic_path",
    "check_template",
    "empty_trash",
    "is_temporary",
    "list_trash",
    "move",
    "numbered",
    "remove_stale_temporaries",
    "render_path",
    "restore",
    "safe_component",
    "safe_extension",
    "temporary_path",
    "trash",
]
