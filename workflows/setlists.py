"""The timestamps that people left for a stream, as the song finder wants them."""

import json
from pathlib import Path
from typing import Any

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import Setlist, Stream
from utawaku.models.setlist import find_setlists, merge_setlists, read_live_chat


def find_stream_setlists(stream: Stream, settings: Settings) -> list[Setlist]:
    """Setlists in what was fetched along with the recording, best first."""
    folder = settings.stream_dir(stream.id)
    info = _read_json(folder / "info.json", {})
    comments = _read_json(folder / "comments.json", None)
    if comments:
        info = {**info, "comments": comments}
    chat = next(iter(sorted(folder.glob("live_chat.*"))), None)
    return find_setlists(
        info,
        live_chat=read_live_chat(chat) if chat else (),
        duration_s=stream.duration_s or None,
    )


def best_setlist(stream: Stream, catalogue: Catalogue, settings: Settings) -> Setlist | None:
    """What the user gave, else the merged setlist of the page; None where nobody left one."""
    users = catalogue.setlists.of_stream(stream.id, source="user")
    if users:
        return users[0]
    return merge_setlists(find_stream_setlists(stream, settings))


def _read_json(path: Path, default: Any) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        # A page without comments has no such file; a damaged one is written anew by recordings.
        return default
