"""`utawaku train song-rules`: fitted to the user's cuts, shown first, and undone by `--reset`."""

import json

import pytest

import utawaku.assets  # noqa: F401  binds the artefacts
from tests.commands.conftest import CommandLine
from tests.models.song_timelines import Timeline
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings
from utawaku.library.records import Channel, SongSpan, Stream
from utawaku.library.staleness import stale_artefacts
from utawaku.orchestration.bindings import binding_of
from utawaku.orchestration.changed_rules import note_changed_rules
from utawaku.orchestration.present_versions import present_versions
from utawaku.orchestration.versions import inputs_of
from utawaku.workflows.segments import analysis_file
from utawaku.workflows.subscriptions import settings_for

CHANNEL = "youtube:UC1"
ADDRESS = "https://www.youtube.com/channel/UC1"
RULES = {"title": ["@karaoke"], "songs": {"strategy": "classic", "classic_pad_before_s": 0.5}}
SHORT_S = 70.0


class Evenings:
    """Two streams of a channel and one of another; the user added songs that were too short."""

    def __init__(self, catalogue: Catalogue, settings: Settings) -> None:
        self.catalogue, self.settings = catalogue, settings
        catalogue.channels.save(Channel(CHANNEL, ADDRESS, title="Singer", rules=RULES))
        for stream_id, owner in (("a", "UC1"), ("b", "UC1"), ("c", "UC2")):
            self._ingest(stream_id, owner)

    def _ingest(self, stream_id: str, owner: str) -> None:
        timeline = Timeline().talk(30)
        for _ in range(3):
            timeline.song(SHORT_S).talk(30)
        segmentation = timeline.segmentation()
        self.marks = timeline.marks
        stream = Stream(
            stream_id,
            f"https://www.youtube.com/watch?v=stream0000{stream_id}",
            site="youtube",
            channel_id=owner,
            duration_s=segmentation.duration_s,
        )
        self.catalogue.streams.save(stream)
        file = analysis_file(stream_id, self.settings)
        file.parent.mkdir(parents=True, exist_ok=True)
        segmentation.save(file)
        own = settings_for(stream, self.catalogue, self.settings)
        binding = binding_of("songs")
        for name in ("segments", "songs"):
            self.catalogue.assets.done(
                stream_id,
                name,
                engine="x",
                engine_version=binding_of(name).code_version,
                metadata={
                    "made_with": binding.made_with(stream, self.catalogue, own)
                    if name == "songs"
                    else None,
                    "data_version": f"{name}-1",
                    "inputs": inputs_of(name, stream_id, self.catalogue, self.settings),
                },
            )

    def correct(self, stream_id: str, n: int = 3) -> None:
        """Add songs that were not found, as the user would in the timeline."""
        for start_s, stop_s in self.marks[:n]:
            self.catalogue.edits.add(stream_id, start_s, stop_s)

    def stale(self) -> set[str]:
        settings = load_settings()
        note_changed_rules(self.catalogue, settings)
        found = stale_artefacts(self.catalogue, present_versions(settings), "songs")
        return {one.stream_id for one in found if one.asset == "songs"}

    def rules(self) -> dict[str, object]:
        return dict(self.catalogue.channels.get(CHANNEL).rules)


@pytest.fixture
def evenings(catalogue: Catalogue, settings: Settings) -> Evenings:
    return Evenings(catalogue, settings)


def test_a_threshold_is_fitted_after_it_was_shown_and_makes_the_channels_songs_stale(
    command_line: CommandLine, evenings: Evenings
) -> None:
    evenings.correct("a")
    evenings.correct("b", 2)
    before = evenings.stale()
    refused = command_line.run("train", "song-rules", "a", "b", stdin="n\n")
    assert refused.exit_code == 0
    assert "classic_min_song_s" in refused.stdout
    assert evenings.rules() == RULES
    done = command_line.run("train", "song-rules", "--channel", "Singer", "--yes", "--json")
    told = json.loads(done.stdout)
    assert told["installed"] is True
    assert set(told["rules"]) == {"classic_min_song_s"}
    assert told["before"]["clean_f1"] == 0.0
    assert told["after"]["n_clean"] == told["after"]["n_songs"] == 5
    assert told["n_changed"] == 6
    assert evenings.rules() == {
        "title": ["@karaoke"],
        "songs": {
            **RULES["songs"],
            "classic_min_song_s": told["rules"]["classic_min_song_s"]["after"],
        },
    }
    assert evenings.stale() - before == {"a", "b"}


def test_reset_brings_back_what_the_channel_had_before_any_fit(
    command_line: CommandLine, evenings: Evenings
) -> None:
    evenings.correct("a")
    evenings.correct("b", 2)
    before = evenings.stale()
    assert "no fitted" in command_line.run("train", "song-rules", "a", "--reset").stdout
    shown = command_line.run("train", "song-rules", "a", "b", "--json")
    assert json.loads(shown.stdout)["installed"] is False
    assert evenings.rules() == RULES
    command_line.run("train", "song-rules", "a", "b", "--yes")
    assert evenings.rules() != RULES
    undone = command_line.run("train", "song-rules", "--channel", CHANNEL, "--reset")
    assert "classic_min_song_s" in undone.stdout
    assert evenings.rules() == RULES
    assert evenings.stale() == before


def test_what_the_user_placed_stays_when_songs_are_cut_by_fitted_rules(
    command_line: CommandLine, evenings: Evenings
) -> None:
    evenings.correct("a")
    evenings.correct("b", 2)
    placed = [(one.start_s, one.stop_s) for one in evenings.catalogue.songs.of_stream("a")]
    command_line.run("train", "song-rules", "a", "b", "--yes")
    spans = [
        SongSpan(index, start_s - 1.0, stop_s + 2.0, "classic", 1)
        for index, (start_s, stop_s) in enumerate(evenings.marks)
    ]
    evenings.catalogue.songs.reconcile("a", spans, made_by="x")
    kept = [(one.start_s, one.stop_s) for one in evenings.catalogue.songs.of_stream("a")]
    assert kept == placed


def test_a_channel_that_is_not_followed_keeps_fitted_rules(
    command_line: CommandLine, evenings: Evenings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UTAWAKU_SONGS__STRATEGY", "classic")
    catalogue = evenings.catalogue
    evenings.correct("c")
    stream = catalogue.streams.get("c")
    catalogue.edits.add("c", 2.0, 10.0)
    catalogue.edits.drop([catalogue.songs.of_stream("c")[0].id], "no_song")
    catalogue.edits.add("c", 12.0, 20.0)
    done = command_line.run("train", "song-rules", "c", "--yes")
    assert done.exit_code == 0, done.stderr
    channel = catalogue.channels.of_stream(stream)
    assert channel is not None
    assert (channel.id, channel.followed) == ("youtube:UC2", False)
    assert "classic_min_song_s" in channel.rules["songs"]


def test_only_what_was_called_no_song_counts_as_none(
    command_line: CommandLine, evenings: Evenings
) -> None:
    edits, songs = evenings.catalogue.edits, evenings.catalogue.songs
    evenings.correct("a")
    one, two, three = songs.of_stream("a")
    edits.add("b", 2.0, 10.0)
    edits.add("b", 12.0, 20.0)
    edits.merge(*(song.id for song in songs.of_stream("b")))
    edits.drop([one.id], "unwanted")
    edits.drop([two.id, three.id], "no_song")
    done = command_line.run("train", "song-rules", "a", "b", "--yes")
    assert "only 3 of their songs are judged" in done.stderr  # two are none, and the merged one


def test_too_few_corrections_are_refused_with_what_to_do(
    command_line: CommandLine, evenings: Evenings
) -> None:
    evenings.correct("a")
    done = command_line.run("train", "song-rules", "a", "b", "--yes")
    assert done.exit_code == 4
    assert "only 3 of their songs are judged" in done.stderr
    assert evenings.rules() == RULES


def test_streams_of_several_channels_and_of_none_are_refused(
    command_line: CommandLine, evenings: Evenings
) -> None:
    evenings.catalogue.streams.save(Stream("d", "/d.opus"))
    assert "several channels" in command_line.run("train", "song-rules", "a", "c").stderr
    assert "of no channel" in command_line.run("train", "song-rules", "d").stderr
    assert (
        "not of that" in command_line.run("train", "song-rules", "c", "--channel", CHANNEL).stderr
    )
    assert command_line.run("train", "song-rules").exit_code == 2
    assert command_line.run("train", "song-rules", "--channel", "nobody").exit_code == 4
