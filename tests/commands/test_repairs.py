"""`utawaku doctor --fix`: files, rows, runs and partitions out of step."""

import json

from tests.commands.conftest import CommandLine
from tests.services.downloader_media import audio_bytes
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings
from utawaku.library.records import SongSpan, Stream
from utawaku.library.requests import IngestStream
from utawaku.library.tags import SongTags, write_tags


def test_doctor_finds_and_repairs_what_is_out_of_step(command_line: CommandLine) -> None:
    settings = load_settings()
    catalogue = Catalogue.open(settings)
    catalogue.streams.save(Stream("file-1", "/gone.opus", site="file"))
    catalogue.songs.reconcile("file-1", [SongSpan(0, 1, 60, "smart", 1)], made_by="x")
    lost = {"file_path": "Songs/lost.opus", "file_start_s": 1.0, "file_stop_s": 60.0}
    catalogue.songs.set_file("file-1@1000", lost)
    catalogue.assets.started("file-1", "segments", run_id="a-run-that-died")
    settings.songs_dir.mkdir(parents=True)
    orphan = settings.songs_dir / "orphan.opus"
    sound = audio_bytes("ogg", "libopus", duration_s=1.0, rate_hz=48_000)
    orphan.write_bytes(sound)
    write_tags(orphan, SongTags(title="x", extra={"UTAWAKU_SONG": "file-1@99"}), None)
    own = settings.songs_dir / "own.opus"
    own.write_bytes(sound)
    stale = settings.songs_dir / ".utawaku-999999-00000000.part.opus"
    stale.touch()
    from utawaku.commands.pipeline import prepare_dagster_home
    from utawaku.orchestration.dagster_storage import open_instance

    with open_instance(prepare_dagster_home(settings)) as instance:
        instance.add_dynamic_partitions("stream", ["stranded"])
    looked = {f["name"]: f for f in json.loads(command_line.run("doctor", "--json").stdout)}
    assert looked["files"]["message"] == "1 songs of 1 streams have lost their file"
    assert looked["orphans"]["message"].startswith("1 files below Songs/")
    assert looked["runs"]["level"] == looked["partitions"]["level"] == "warning"
    assert orphan.exists()
    command_line.run("doctor", "--fix")
    assert not orphan.exists()
    assert not stale.exists()
    assert own.exists()  # not ours
    assert [r.target for r in catalogue.requests.waiting(IngestStream)] == ["file-1"]
    assert catalogue.assets.of("file-1")["segments"].state == "failed"
    after = {f["name"]: f["level"] for f in json.loads(command_line.run("doctor", "--json").stdout)}
    assert (after["runs"], after["partitions"], after["left over"]) == ("ok", "ok", "ok")
    catalogue.close()
