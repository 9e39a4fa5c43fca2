"""Which engine segments is a setting; the small network's own version counts for staleness."""

import itertools
from pathlib import Path

import dagster as dg
import numpy as np
import pytest

from tests.models.separation import write_wav
from utawaku.assets.recordings import recordings
from utawaku.assets.segments import segments
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings
from utawaku.library.records import Stream
from utawaku.models.mfcc_segmenter import VERSION
from utawaku.models.mfcc_segmenter.network import SIZES, build
from utawaku.models.registry import entry
from utawaku.models.registry.store import _keep
from utawaku.models.segmentation import Segmentation
from utawaku.orchestration.resources import LibraryResource
from utawaku.workflows.model_versions import MODELS
from utawaku.workflows.segments import analysis_file

RATE = 16_000


@pytest.fixture
def with_bacs(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """Settings that want the small network; one with random numbers stands in its place."""
    rng = np.random.default_rng(5)
    layers = [
        (rng.normal(0, 0.3, (a, b)).astype(np.float32), rng.normal(0, 1, b).astype(np.float32))
        for a, b in itertools.pairwise(SIZES)
    ]
    network = tmp_path / "network.onnx"
    network.write_bytes(build(layers).SerializeToString())
    settings.weights_dir.mkdir(parents=True, exist_ok=True)
    _keep(entry("bacs"), settings.weights_dir, network, entry("bacs").raw_files[0])
    monkeypatch.setenv("UTAWAKU_SEGMENTS__ENGINE", "bacs")
    return load_settings()


def test_the_version_of_the_network_and_of_its_code_are_the_models_version(
    with_bacs: Settings,
) -> None:
    version = MODELS["segmenter_weights"].version(with_bacs)
    sha256, _, code = version.partition("+")
    assert (len(sha256), code) == (64, VERSION)


def test_a_stream_is_segmented_by_the_engine_of_the_settings(
    with_bacs: Settings, catalogue: Catalogue, tmp_path: Path
) -> None:
    rng = np.random.default_rng(1)
    time = np.arange(4 * RATE) / RATE
    sound = np.concatenate([0.2 * rng.standard_normal(4 * RATE), 0.3 * np.sin(2500 * time)])
    source = write_wav(tmp_path / "evening.wav", sound[None], RATE)
    catalogue.streams.save(Stream("file-1", str(source), duration_s=8))
    instance = dg.DagsterInstance.ephemeral()
    instance.add_dynamic_partitions("stream", ["file-1"])
    done = dg.materialize(
        [recordings, segments],
        instance=instance,
        partition_key="file-1",
        resources={"library": LibraryResource()},
    )
    assert done.success
    found = Segmentation.load(analysis_file("file-1", with_bacs))
    assert found.engine == f"bacs/{VERSION}"
    assert found.duration_s == pytest.approx(8)
    (made,) = done.asset_materializations_for_node("segments")
    assert made.metadata["made_with"].value["engine"] == "bacs"
    assert all(check.passed for check in done.get_asset_check_evaluations())
