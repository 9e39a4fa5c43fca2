"""Progress of a request for stems, as the screens show it."""

import pytest

from utawaku.library.catalogue import Catalogue
from utawaku.library.records import SongSpan, Stream
from utawaku.library.requests import Recut, Separate
from utawaku.tui.stem_progress import stem_progress


def test_it_follows_the_run_and_stays_full_while_the_run_winds_up(catalogue: Catalogue) -> None:
    catalogue.streams.save(Stream("file-1", "/a"))
    catalogue.songs.reconcile("file-1", [SongSpan(0, 0.0, 60.0, "smart", 1.0)], made_by="x")
    # An earlier run made stems of another song.
    catalogue.assets.started("file-1", "stems")
    catalogue.assets.done("file-1", "stems", engine="e", engine_version="1")
    asked = catalogue.requests.file(Separate(song_id="file-1@0"))
    catalogue.requests.claim(asked.id)
    asked = catalogue.requests.get(asked.id)
    assert stem_progress(asked, catalogue) == (0.0, "")
    catalogue.assets.started("file-1", "stems")
    catalogue.assets.progressed("file-1", "stems", 0.4, "separating 1 of 1")
    assert stem_progress(asked, catalogue) == (pytest.approx(0.4), "separating 1 of 1")
    catalogue.assets.done("file-1", "stems", engine="e", engine_version="1")
    assert stem_progress(asked, catalogue) == (1.0, "")
    other = catalogue.requests.file(Recut(stream_id="file-1"))
    assert stem_progress(other, catalogue) is None
