"""`train collect` of a chart: its songs are fetched, with what viewers replayed as their curve."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.commands.conftest import CommandLine
from tests.servers.youtube_fixtures import emulated as emulated  # a fixture, as the next ones
from tests.servers.youtube_fixtures import site as site
from tests.servers.youtube_fixtures import youtube_of_commands as youtube_of_commands
from tests.servers.youtube_site import Video, YoutubeSite
from tests.services.downloader_media import audio_bytes
from utawaku.library.catalogue import Catalogue
from utawaku.models.training.highlights import read_examples

CHART = "https://www.youtube.com/playlist?list=PLchart"
REPLAYED = [0.1] * 10 + [0.2] * 4 + [1.0] * 6
LENGTH_S = 40


@pytest.fixture
def chart(youtube_of_commands: YoutubeSite) -> YoutubeSite:
    site = youtube_of_commands
    for number, name in enumerate(("hit00000001", "hit00000002", "quiet000003")):
        media = {"140": audio_bytes("mp4", "aac", duration_s=LENGTH_S, seed=number)}
        replayed = REPLAYED if name.startswith("hit") else []
        site.videos[name] = Video(
            name, f"Song {name}", LENGTH_S, media=media, replayed=replayed,
            live={"isLiveContent": False},
        )  # fmt: skip
    site.videos["long0000004"] = Video(
        "long0000004", "A whole album", 3600, media=media, replayed=REPLAYED,
        live={"isLiveContent": False},
    )  # fmt: skip
    site.playlist = list(site.videos.values())
    return site


def test_songs_of_a_chart_are_training_data_with_what_viewers_replayed(
    chart: YoutubeSite, command_line: CommandLine, catalogue: Catalogue, tmp_path: Path
) -> None:
    folder = tmp_path / "training"
    done = command_line.run("train", "collect", folder, CHART, "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert [Path(song).suffix for song in told["songs"]] == [".m4a", ".m4a"]
    left_out = dict(told["left_out"])
    assert left_out["Song quiet000003"] == "its page does not show what is replayed"
    assert left_out["A whole album"] == "it is longer than 15 minutes"
    assert set(left_out) == {"Song quiet000003", "A whole album"}
    assert set(chart.fetched) == {"hit00000001", "hit00000002"}, "others are not fetched"
    examples, faults = read_examples(folder, n_least=1)
    assert faults == []
    for example in examples:
        assert example.interest.max() == pytest.approx(1.0, abs=0.01)
        assert int(np.argmax(example.interest)) >= 28
    assert catalogue.songs.select() == []
    assert catalogue.sites.count("youtube", "download") == 2
    # A second time only what is missing is asked for.
    n_asked = len(chart.fetched)
    again = json.loads(command_line.run("train", "collect", folder, CHART, "--json").stdout)
    assert again["songs"] == told["songs"]
    assert len(chart.fetched) == n_asked


def test_a_list_of_addresses_and_a_quota_are_kept_to(
    chart: YoutubeSite, command_line: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("UTAWAKU_DOWNLOAD__DAILY_QUOTA", "1")
    listed = tmp_path / "chart.txt"
    names = ("hit00000001", "hit00000002")
    listed.write_text("".join(f"https://www.youtube.com/watch?v={name}\n" for name in names))
    folder = tmp_path / "training"
    done = command_line.run("train", "collect", folder, str(listed), "--json")
    told = json.loads(done.stdout)
    assert len(told["songs"]) == 1
    ((title, why),) = told["left_out"]
    assert (title, "budget of youtube" in why) == ("Song hit00000002", True)
    assert set(chart.fetched) == {"hit00000001"}
    limited = command_line.run("train", "collect", folder, CHART, "--limit", "1", "--json")
    assert json.loads(limited.stdout)["left_out"] == []
