"""Which engine segments is a setting; the small network's own version counts for staleness."""

import io
import itertools
import struct
from pathlib import Path

import av
import dagster as dg
import numpy as np
import pytest

from tests.media.damaging import write_recording
from tests.models.separation import write_wav
from utawaku.assets.recordings import recordings
from utawaku.assets.segments import segments
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings
from utawaku.library.errors import ExitCode
from utawaku.library.records import Stream
from utawaku.media.probe import probe
from utawaku.media.timeline import loss_code
from utawaku.models.mfcc_segmenter import VERSION
from utawaku.models.mfcc_segmenter.network import SIZES, build
from utawaku.models.registry import entry
from utawaku.models.registry.store import _keep
from utawaku.models.segmentation import Segmentation
from utawaku.orchestration.resources import make_resources
from utawaku.workflows.model_versions import MODELS
from utawaku.workflows.segments import analysis_file

RATE = 16_000


class Pipe(io.BytesIO):
    """What a recorder writes into: nothing can be put right afterwards."""

    def seekable(self) -> bool:
        return False

    seek = None  # type: ignore[assignment]


def claiming(name: str, folder: Path) -> Path:
    """A whole recording of 6 s whose header claims no length, a lie, or what a pipe lets it."""
    path = write_recording(folder / name, 6.0)
    data = bytearray(path.read_bytes())
    if name == "a.mka":  # Duration becomes a Void of the same size
        at = data.index(b"\x44\x89\x88")
        data[at : at + 11] = b"\xec\x89" + bytes(9)
    elif name == "a.webm":
        at = data.index(b"\x44\x89\x88") + 3
        data[at : at + 8] = struct.pack(">d", 3.6e12)
    elif name == "a.flac":  # STREAMINFO: 36 bits of the number of samples
        data[21] &= 0xF0
        data[22:26] = bytes(4)
    elif name == "a.wav":  # as ffmpeg writes to a pipe
        data[4:8] = b"\xff" * 4
        at = data.index(b"data") + 4
        data[at : at + 4] = b"\xff" * 4
    path.write_bytes(data)
    if name == "a.flv":
        piped = Pipe()
        with av.open(str(path)) as source, av.open(piped, "w", format="flv") as out:
            stream = out.add_stream_from_template(source.streams.audio[0])
            for packet in source.demux(source.streams.audio[0]):
                if packet.dts is not None:
                    packet.stream = stream
                    out.mux(packet)
        path.write_bytes(piped.getvalue())
    return path


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


def make(*assets: dg.AssetsDefinition) -> dg.ExecuteInProcessResult:
    """Materialize assets of the stream file-1."""
    instance = dg.DagsterInstance.ephemeral()
    instance.add_dynamic_partitions("stream", ["file-1"])
    return dg.materialize(
        assets, instance=instance, partition_key="file-1", resources=make_resources()
    )


def test_a_stream_is_segmented_by_the_engine_of_the_settings(
    with_bacs: Settings, catalogue: Catalogue, tmp_path: Path
) -> None:
    rng = np.random.default_rng(1)
    time = np.arange(4 * RATE) / RATE
    sound = np.concatenate([0.2 * rng.standard_normal(4 * RATE), 0.3 * np.sin(2500 * time)])
    source = write_wav(tmp_path / "evening.wav", sound[None], RATE)
    catalogue.streams.save(Stream("file-1", str(source), duration_s=8))
    done = make(recordings, segments)
    assert done.success
    found = Segmentation.load(analysis_file("file-1", with_bacs))
    assert found.engine == f"bacs/{VERSION}"
    assert found.duration_s == pytest.approx(8)
    (made,) = done.asset_materializations_for_node("segments")
    assert made.metadata["made_with"].value["engine"] == "bacs"
    assert all(check.passed for check in done.get_asset_check_evaluations())


@pytest.mark.parametrize(
    ("name", "claimed_s"),
    [
        ("a.mka", 0.0),
        pytest.param("a.flac", 0.0, marks=pytest.mark.slow),
        pytest.param("a.webm", 3.6e9, marks=pytest.mark.slow),
        pytest.param("a.wav", None, marks=pytest.mark.slow),
        pytest.param("a.flv", None, marks=pytest.mark.slow),
        pytest.param("fragmented.m4a", None, marks=pytest.mark.slow),
        pytest.param("a.aac", None, marks=pytest.mark.slow),
    ],
)
def test_a_recording_whose_header_claims_no_length_or_a_wrong_one_has_its_own_once_it_was_read(
    with_bacs: Settings, catalogue: Catalogue, tmp_path: Path, name: str, claimed_s: float | None
) -> None:
    source = claiming(name, tmp_path)
    if claimed_s is not None:
        assert probe(source).duration_s == claimed_s
    catalogue.streams.save(Stream("file-1", str(source), site="file"))
    done = make(recordings, segments)
    assert done.success
    assert catalogue.streams.get("file-1").duration_s == pytest.approx(6.0, abs=0.1)
    facts = catalogue.assets.of("file-1")["segments"].metadata["timeline"]
    assert (loss_code(facts), facts["warnings"]) == (ExitCode.DONE, [])
    # Taken in again, as after a change of settings: what was read stays.
    assert make(recordings).success
    assert catalogue.streams.get("file-1").duration_s == pytest.approx(6.0, abs=0.1)
