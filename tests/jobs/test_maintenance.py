"""Room is made: recordings go whose songs are cut and checked, the oldest first, when allowed."""

from pathlib import Path

import dagster as dg
import pytest

from tests.conftest import install_weights
from tests.fixtures.pipeline import Pipeline, everything
from tests.servers.media_site import MediaSite
from tests.services.downloader_media import audio_bytes
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings
from utawaku.library.records import Stream
from utawaku.library.requests import IngestStream
from utawaku.orchestration.pending_assets import pending_assets
from utawaku.sensors.nightly_maintenance import nightly_maintenance_schedule


def a_night(pipeline: Pipeline) -> None:
    """One tick of the schedule, as the daemon evaluates it, and the run that it asks for."""
    with dg.build_schedule_context(
        instance=pipeline.instance,
        repository_def=everything().get_repository_def(),
    ) as context:
        (run,) = nightly_maintenance_schedule.evaluate_tick(context).run_requests or ()
    assert pipeline.carry_out(run, job=nightly_maintenance_schedule.job_name).success


def recording_of(stream_id: str, catalogue: Catalogue, settings: Settings) -> Path:
    return settings.library_root / catalogue.streams.get(stream_id).recording_path


def test_the_nightly_round_drops_what_may_go_and_what_was_cut_of_it_stays(
    catalogue: Catalogue,
    settings: Settings,
    pipeline: Pipeline,
    weights_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install_weights(weights_dir, settings, "sm", "musicnn")
    for name, value in {
        "LABELS__SHAZAM": "false",
        "DOWNLOAD__SLEEP_S": "[0, 0]",
        "DOWNLOAD__SLEEP_REQUESTS_S": "0",
    }.items():
        monkeypatch.setenv(f"UTAWAKU_{name}", value)

    def ingest(stream_id: str) -> None:
        catalogue.requests.file(IngestStream(stream_id=stream_id))
        for run in pipeline.drain():
            assert pipeline.carry_out(run).success
        pipeline.drain()

    names = ["oldest", "damaged", "newest"]
    with MediaSite() as site:
        for number, name in enumerate(names):
            sound = audio_bytes("ogg", "libopus", duration_s=8.0, rate_hz=48_000, seed=number)
            site.add(f"/{name}.ogg", sound, "audio/ogg")
            url = site.url(f"/{name}.ogg")
            catalogue.streams.save(Stream(name, url, name, site="generic", added_at=number + 1.0))
            ingest(name)
            catalogue.edits.add(name, 1.0, 6.0)
            ingest(name)
        own = tmp_path / "own.wav"
        own.write_bytes(audio_bytes("wav", "pcm_s16le", duration_s=8.0))
        catalogue.streams.save(Stream("own", str(own), "own", site="file", added_at=0.5))
        ingest("own")
        songs = {name: catalogue.songs.of_stream(name)[0] for name in names}
        files = {name: settings.library_root / song.file_path for name, song in songs.items()}
        assert all(file.is_file() for file in files.values())
        recordings = {name: recording_of(name, catalogue, settings) for name in [*names, "own"]}
        whole = sum(recordings[name].stat().st_size for name in names)
        room_gb = (whole - 1) / 1e9  # one of the three has to go
        monkeypatch.setenv("UTAWAKU_MAINTENANCE__RECORDINGS_GB", str(room_gb))

        a_night(pipeline)  # nobody has allowed it
        assert all(file.is_file() for file in recordings.values())

        monkeypatch.setenv("UTAWAKU_MAINTENANCE__DELETE_RECORDINGS", "true")
        a_night(pipeline)
        assert {name for name, file in recordings.items() if not file.is_file()} == {"oldest"}
        dropped = catalogue.streams.get("oldest")
        assert dropped.dropped_at is not None
        assert dropped.recording_path == ""

        # A song file that was cut short since: its recording is all that is left of the song.
        files["damaged"].write_bytes(audio_bytes("ogg", "libopus", duration_s=1.0, rate_hz=48_000))
        monkeypatch.setenv("UTAWAKU_MAINTENANCE__RECORDINGS_GB", "0.000000001")
        a_night(pipeline)
        left = {name for name, file in recordings.items() if file.is_file()}
        assert left == {"damaged", "own"}
        assert files["oldest"].is_file()
        assert files["newest"].is_file()

        n_asked = len(site.seen)
        ingest("oldest")  # nothing is due, and nothing is fetched again by itself
        assert len(site.seen) == n_asked
        now = load_settings()
        stream = catalogue.streams.get("oldest")
        assert pending_assets(stream, catalogue, now) == []
        catalogue.requests.file(IngestStream(stream_id="oldest", again=("recordings",)))
        (run,) = pipeline.drain()
        assert pipeline.carry_out(run).success
        assert recording_of("oldest", catalogue, now).is_file()
        assert catalogue.songs.of_stream("oldest")[0].id == songs["oldest"].id
