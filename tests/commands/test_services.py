"""`utawaku services` and `utawaku resume`: seeing and ending the cooldown of a service."""

import json

from typer.testing import CliRunner

from utawaku.commands.app import app
from utawaku.library.config import Settings
from utawaku.library.service_status import services
from utawaku.services.service_gate import ServiceGate


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == 0, done.output
    return done.output


def cooling(settings: Settings, name: str) -> ServiceGate:
    gate = ServiceGate(services(settings)[name].path)
    gate.pause("it asks to slow down (HTTP 429)", 3600)
    gate.remember_value("question", {"answer": 1}, for_s=None)
    return gate


def test_every_service_is_listed_with_its_state(settings: Settings) -> None:
    cooling(settings, "shazam")
    listed = {row["name"]: row for row in json.loads(run("services", "--json"))}
    assert set(listed) == {
        "shazam",
        "holodex",
        "bilibili_music",
        "musicbrainz",
        "acoustid",
        "sponsorblock",
        "lrclib",
    }
    shazam = listed["shazam"]
    assert (shazam["enabled"], shazam["on_cooldown"], shazam["answers"]) == (True, True, 1)
    assert "429" in shazam["reason"]
    assert listed["holodex"]["state"] == "switched off"
    assert "musicbrainz" in run("services")


def test_a_cooldown_is_ended_by_either_command(settings: Settings) -> None:
    for arguments in (("services", "--reset", "shazam"), ("resume", "shazam")):
        gate = cooling(settings, "shazam")
        assert "asked again" in run(*arguments)
        assert not gate.state().is_open
    assert "was not on cooldown" in run("services", "--reset", "holodex")


def test_remembered_answers_can_be_forgotten(settings: Settings) -> None:
    gate = cooling(settings, "musicbrainz")
    assert "1 answer forgotten" in run("services", "--forget", "musicbrainz")
    assert gate.recall_value("question") is None


def test_an_unknown_service_is_told(settings: Settings) -> None:
    done = CliRunner().invoke(app, ["services", "--reset", "napster"])
    assert done.exit_code != 0
