"""The unmodified Spleeter as a process: what it tells, what it gives, and how it can fail.

A small program stands in for the interpreter of its environment: it takes the same arguments,
writes the same files and speaks the same protocols.
"""

import sys

import dagster as dg
import numpy as np
import pytest

from tests.models.separation import write_wav
from utawaku.assets.stems import stems
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import EngineError, MediaError, WeightsMissingError
from utawaku.library.records import Song, SongSpan, Stream
from utawaku.media.decode import load
from utawaku.models.separator import separate
from utawaku.models.separator.reference import ReferenceSpleeter, reference_models, reference_python
from utawaku.orchestration.resources import make_resources

RATE = 44_100

STAND_IN = """#!{python}
import json, os, sys
import numpy as np

script, source, target = sys.argv[1:4]
assert script.endswith("run.py") and sys.argv[sys.argv.index("--extension") + 1] == "average"
steps = [(0.2, "loaded"), (0.9, "separated")]
cost = dict(n_samples=3, wall_s=2.0, cpu_s=1.0, peak_mb=500.0)
fault = os.environ.get("STAND_IN_FAULT", "")
if fault == "dies":
    sys.exit("no whole checkpoint")
if fault == "babbles":
    print("Hello")
mix = np.load(source)
np.savez(target, vocals=mix / 4, accompaniment=mix * 3 / 4)
if "DAGSTER_PIPES_CONTEXT" in os.environ:
    from dagster_pipes import open_dagster_pipes

    with open_dagster_pipes() as pipes:
        for fraction, message in steps:
            pipes.report_custom_message(dict(fraction=fraction, message=message))
        pipes.report_custom_message(dict(cost=cost))
else:
    assert "--progress" in sys.argv
    for fraction, message in steps:
        print(json.dumps(dict(fraction=fraction, message=message)))
    print(json.dumps(cost))
"""


@pytest.fixture
def installed(settings: Settings) -> Settings:
    """Settings under which an environment and a checkpoint are found."""
    python = reference_python(settings)
    python.parent.mkdir(parents=True)
    python.write_text(STAND_IN.format(python=sys.executable))
    python.chmod(0o755)
    model = reference_models(settings) / "2stems"
    model.mkdir(parents=True)
    (model / "model.index").write_bytes(b"index")
    return settings


def sound(n_channels: int, n_samples: int) -> np.ndarray:
    rng = np.random.default_rng(1)
    return (0.3 * rng.standard_normal((n_channels, n_samples))).astype(np.float32)


@pytest.mark.parametrize(("n_channels", "rate"), [(2, RATE), (1, 8_000), (6, 96_000)])
def test_takes_apart_any_rate_and_channels_outside_of_dagster(
    installed: Settings, n_channels: int, rate: int
) -> None:
    engine = ReferenceSpleeter(installed)
    told: list[float] = []
    engine.report_to(lambda fraction, _message: told.append(fraction))
    mix = sound(n_channels, rate)
    found = separate(engine, mix, rate)
    np.testing.assert_allclose(found.vocals + found.accompaniment, mix, atol=1e-6)
    if (n_channels, rate) == (2, RATE):
        np.testing.assert_allclose(found.vocals, mix / 4, atol=1e-5)
    assert told == sorted(told)
    assert told[-1] > 0.8
    assert engine.costs["peak_mb"] == 500
    separate(engine, mix, rate)
    assert (engine.costs["wall_s"], engine.costs["peak_mb"]) == (4, 500)


@pytest.mark.parametrize(("fault", "told"), [("dies", "no whole checkpoint"), ("babbles", "JSON")])
def test_what_fails_is_an_error_with_the_last_words(
    installed: Settings, monkeypatch: pytest.MonkeyPatch, fault: str, told: str
) -> None:
    monkeypatch.setenv("STAND_IN_FAULT", fault)
    with pytest.raises(EngineError, match=told):
        separate(ReferenceSpleeter(installed), sound(2, RATE), RATE)


def test_scraps_are_refused_and_nothing_is_nothing(installed: Settings) -> None:
    with pytest.raises(MediaError, match="too short"):
        separate(ReferenceSpleeter(installed), sound(2, 1_000), RATE)
    assert separate(ReferenceSpleeter(installed), sound(2, 0), RATE).vocals.shape == (2, 0)


@pytest.mark.parametrize("missing", ["environment", "checkpoint"])
def test_what_is_not_installed_says_how(installed: Settings, missing: str) -> None:
    path = reference_python(installed)
    (
        path if missing == "environment" else reference_models(installed) / "2stems/model.index"
    ).unlink()
    with pytest.raises(WeightsMissingError, match="install-reference"):
        ReferenceSpleeter(installed)


def test_the_asset_runs_it_through_pipes_with_progress_and_costs(
    installed: Settings, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UTAWAKU_STEMS__ENGINE", "spleeter-reference")
    song = _song(catalogue, installed)
    result = _materialize(song.id)
    assert result.success
    assert [check.passed for check in result.get_asset_check_evaluations()] == [True, True]
    (done,) = result.asset_materializations_for_node("stems")
    assert done.metadata["engine"].value == "spleeter-reference"
    assert done.metadata["reference peak_mb"].value == 500
    (made,) = catalogue.stems.of(song.id)
    vocals, _ = load(installed.library_root / made.vocals_path)
    mix, _ = load(installed.library_root / song.file_path)
    np.testing.assert_allclose(vocals, mix / 4, atol=2e-5)


def test_a_process_that_dies_fails_the_run(
    installed: Settings, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UTAWAKU_STEMS__ENGINE", "spleeter-reference")
    monkeypatch.setenv("STAND_IN_FAULT", "dies")
    song = _song(catalogue, installed)
    assert not _materialize(song.id).success
    assert catalogue.stems.of(song.id) == []


def _song(catalogue: Catalogue, settings: Settings) -> Song:
    settings.stream_dir("file-1").mkdir(parents=True)
    settings.songs_dir.mkdir(parents=True)
    catalogue.streams.save(Stream("file-1", "/evening.wav", duration_s=100))
    catalogue.songs.reconcile("file-1", [SongSpan(0, 10.0, 12.0, "smart", 1)], made_by="x")
    (song,) = catalogue.songs.of_stream("file-1")
    write_wav(settings.songs_dir / "0.wav", sound(2, 2 * RATE), RATE)
    values = {"file_path": "Songs/0.wav", "file_start_s": 10.0, "file_stop_s": 12.0}
    catalogue.songs.set_file(song.id, values)
    return catalogue.songs.get(song.id)


def _materialize(song_id: str) -> dg.ExecuteInProcessResult:
    instance = dg.DagsterInstance.ephemeral()
    instance.add_dynamic_partitions("stream", ["file-1"])
    return dg.materialize(
        [stems],
        instance=instance,
        partition_key="file-1",
        resources=make_resources(),
        run_config={"ops": {"stems": {"config": {"song_ids": [song_id]}}}},
        raise_on_error=False,
    )
