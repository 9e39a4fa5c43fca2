"""`utawaku rematerialize`: stale artefacts, and the request for them."""

import json

from tests.commands.conftest import CommandLine
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings
from utawaku.library.records import Stream
from utawaku.library.requests import Rematerialize


def test_rematerialize_tells_what_is_stale_and_what_cannot_be_made_anew(
    command_line: CommandLine,
) -> None:
    catalogue = Catalogue.open(load_settings())
    for name in ("here", "dropped"):
        catalogue.streams.save(
            Stream(name, f"/{name}", dropped_at=1.0 if name == "dropped" else None)
        )
        catalogue.assets.done(name, "segments", engine="sm", engine_version="older")
    dry = json.loads(command_line.run("rematerialize", "segments", "--dry-run", "--json").stdout)
    assert [one["stream_id"] for one in dry["stale"]] == ["here"]
    assert (dry["n_dropped"], dry["request"]) == (1, None)
    assert "1 more streams are out of date" in command_line.run("rematerialize").stdout
    (request,) = catalogue.requests.waiting(Rematerialize)
    assert request.target == "all"
    catalogue.close()
