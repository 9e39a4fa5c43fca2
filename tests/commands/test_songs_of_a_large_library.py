"""`utawaku songs` in a library of tens of thousands of songs."""

import json

from benchmarks.fake_catalogue import fill
from tests.commands.conftest import CommandLine
from utawaku.library.catalogue import Catalogue


def test_of_thirty_thousand_songs_those_asked_for_are_listed_the_best_first(
    command_line: CommandLine, catalogue: Catalogue
) -> None:
    fill(catalogue, 30_000, now=1_700_000_000.0)
    songs = catalogue.songs.select()
    assert len(songs) == 30_000
    wanted = {
        song.id for song in songs if song.singer == "Aki" and (song.taste or 0) > 0.7 and song.title
    }
    query = ("songs", "singer:aki taste>0.7 -label:unknown sort:taste")
    found = json.loads(command_line.run(*query, "--limit", "0", "--json").stdout)
    assert {row["id"] for row in found} == wanted
    assert len(wanted) > 100
    tastes = [row["taste"] for row in found]
    assert tastes == sorted(tastes, reverse=True)
    listed = json.loads(command_line.run(*query, "--json").stdout)
    assert listed == found[:100]
