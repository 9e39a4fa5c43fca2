"""`utawaku scrobble`."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.fake_catalogue import fill
from tests.servers.listenbrainz import TOKEN, ListenBrainzSite
from utawaku.commands.app import app
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings


def test_plays_are_sent_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UTAWAKU_HOME", str(tmp_path))
    with ListenBrainzSite() as site:
        monkeypatch.setenv("UTAWAKU_SCROBBLE__LISTENBRAINZ", "true")
        monkeypatch.setenv("UTAWAKU_SCROBBLE__LISTENBRAINZ_TOKEN", TOKEN)
        monkeypatch.setenv("UTAWAKU_SCROBBLE__LISTENBRAINZ_URL", site.address)
        catalogue = Catalogue.open(load_settings())
        fill(catalogue, 3)
        song = catalogue.songs.select()[0]
        catalogue.songs.set_label(song.id, "a song", "artist", "user")
        catalogue.grades.played(song.id, 0.0, song.duration_s)
        catalogue.close()
        done = CliRunner().invoke(app, ["scrobble", "--json"])
        assert json.loads(done.stdout) == {
            "event": "scrobbled", "sent": 1, "refused": 0, "left_out": 0,
            "grades": 0, "grades_refused": 0, "grades_waiting": 0,
        }  # fmt: skip
        assert TOKEN not in done.output
        assert len(site.listens) == 1
        assert site.faults == []
