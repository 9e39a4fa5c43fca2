"""Weights are fetched, verified, converted and found again; what is wrong is said in full."""

import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from tests.servers.weights import WeightsServer
from utawaku.library.errors import NotFoundError, WeightsCorruptError, WeightsMissingError
from utawaku.models import registry
from utawaku.models.registry import HttpsFile, Weights, WheelFile
from utawaku.models.registry import store as store_module

PAYLOAD = bytes(range(256)) * 400


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def fetched(url: str, sha256: str = digest(PAYLOAD)) -> HttpsFile:
    return HttpsFile(url=url, file_name="weights.bin", n_bytes=len(PAYLOAD), sha256=sha256)


def test_the_networks_come_out_of_the_wheel_converted_and_give_probabilities(
    weights_dir: Path,
) -> None:
    for name, n_labels in (("sm", 2), ("smn", 3)):
        session = onnxruntime.InferenceSession(
            str(registry.path(name, weights_dir)), providers=["CPUExecutionProvider"]
        )
        patches = np.random.default_rng(0).normal(size=(3, 1, 68, 21)).astype(np.float32)
        logits = session.run(None, {"patches": patches})[0]
        assert logits.shape == (3, n_labels)
        assert np.isfinite(logits).all()
        version = registry.version(name, weights_dir)
        assert version == digest(registry.path(name, weights_dir).read_bytes())
    assert {s.name for s in registry.status(weights_dir) if s.present} >= {"sm", "smn"}


def test_what_is_here_is_not_fetched_again(weights_dir: Path) -> None:
    said: list[str] = []
    registry.pull("sm", weights_dir, progress=lambda _fraction, message: said.append(message))
    assert said == ["here already"]


def test_missing_weights_say_where_to_get_them_and_where_to_put_them(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissingError) as caught:
        registry.path("sm", tmp_path)
    text = str(caught.value)
    assert "inaSpeechSegmenter-0.6.8-py3-none-any.whl" in text
    assert str(tmp_path) in text
    assert "utawaku models pull sm" in text


def test_without_an_index_the_error_says_so_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "nothing"))
    with pytest.raises(WeightsMissingError, match="put inaSpeechSegmenter"):
        registry.pull("sm", tmp_path / "weights")
    assert list((tmp_path / "weights").iterdir()) == []


def test_a_brief_pull_asks_a_busy_index_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with WeightsServer(b"", refuses=503) as index:
        monkeypatch.setenv("PIP_INDEX_URL", index.url)
        with pytest.raises(WeightsMissingError):
            registry.pull("sm", tmp_path, brief=True)
    assert len(index.asked) == 1


def test_a_damaged_file_is_found_out_and_made_again(weights_dir: Path, tmp_path: Path) -> None:
    for file in weights_dir.glob("inaspeech-sm.onnx*"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    target = tmp_path / "inaspeech-sm.onnx"
    damaged = bytearray(target.read_bytes())
    damaged[1000] ^= 1
    target.write_bytes(damaged)
    with pytest.raises(WeightsCorruptError, match="models pull sm"):
        registry.path("sm", tmp_path)
    registry.pull("sm", tmp_path)
    assert target.read_bytes() == (weights_dir / "inaspeech-sm.onnx").read_bytes()


def test_a_wheel_put_there_by_hand_must_be_the_published_one(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "inaSpeechSegmenter-0.6.8-py3-none-any.whl", "w") as wheel:
        wheel.writestr("inaSpeechSegmenter/keras_speech_music_cnn.hdf5", b"something else")
    with pytest.raises(WeightsCorruptError, match="not the published one"):
        registry.pull("sm", tmp_path)


def test_unknown_names_are_answered_with_the_known_ones() -> None:
    with pytest.raises(NotFoundError, match="smn"):
        registry.entry("nothing")


def test_a_broken_transfer_goes_on_where_it_stopped(tmp_path: Path) -> None:
    fractions: list[float] = []
    with WeightsServer(PAYLOAD, breaks=1) as server:
        file = fetched(server.url)
        file.fetch(tmp_path / "raw", tmp_path, lambda fraction, _m: fractions.append(fraction))
    assert (tmp_path / "raw").read_bytes() == PAYLOAD
    assert server.asked == [None, f"bytes={len(PAYLOAD) // 2}-"]
    assert fractions == sorted(fractions)


def test_a_transfer_with_another_digest_is_refused_and_thrown_away(tmp_path: Path) -> None:
    with WeightsServer(PAYLOAD) as server, pytest.raises(WeightsCorruptError, match="sha256"):
        fetched(server.url, sha256="0" * 64).fetch(tmp_path / "raw", tmp_path, lambda *_: None)
    assert list(tmp_path.iterdir()) == []


def test_a_file_put_there_by_hand_is_used_and_a_wrong_one_is_named(tmp_path: Path) -> None:
    placed = tmp_path / "weights.bin"
    placed.write_bytes(PAYLOAD)
    with WeightsServer(b"nobody asks") as server:
        fetched(server.url).fetch(tmp_path / "raw", tmp_path, lambda *_: None)
        assert (tmp_path / "raw").read_bytes() == PAYLOAD
        placed.write_bytes(PAYLOAD[:-1])
        with pytest.raises(WeightsCorruptError, match=r"weights\.bin: the file put there.*Delete"):
            fetched(server.url).fetch(tmp_path / "raw", tmp_path, lambda *_: None)
    assert server.asked == []


def test_a_file_shorter_than_published_says_how_much_came(tmp_path: Path) -> None:
    with (
        WeightsServer(PAYLOAD[:-100]) as server,
        pytest.raises(WeightsMissingError, match=r"102300 of 102400 bytes"),
    ):
        fetched(server.url).fetch(tmp_path / "raw", tmp_path, lambda *_: None)


def test_a_new_converter_version_makes_old_files_count_as_missing(
    weights_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = registry.table()
    newer = replace(table["sm"], converter_version=table["sm"].converter_version + 1)
    monkeypatch.setitem(table, "sm", newer)
    assert store_module.table()["sm"] is newer
    with pytest.raises(WeightsMissingError):
        registry.path("sm", weights_dir)


def test_every_entry_names_its_licence_digest_and_file() -> None:
    names = set()
    for weights in registry.table().values():
        assert isinstance(weights, Weights)
        assert weights.licence
        assert len(weights.raw_sha256) == 64
        assert Path(weights.file_name).name == weights.file_name
        assert weights.file_name not in names
        names.add(weights.file_name)
        if isinstance(weights.source, WheelFile):
            assert "==" in weights.source.requirement


def two_origins(first: HttpsFile, second: HttpsFile) -> Weights:
    """Weights that two servers hold in files of their own form; both become the same bytes."""

    def halved(raw: Path, target: Path) -> None:
        target.write_bytes(raw.read_bytes()[: len(PAYLOAD)])

    return Weights(
        name="twice",
        purpose="a test",
        licence="MIT",
        source=first,
        raw_sha256=first.sha256,
        raw_bytes=first.n_bytes,
        file_name="twice.bin",
        convert=halved,
        others=(registry.RawFile(second, second.sha256, second.n_bytes, halved),),
    )


def test_another_source_is_asked_where_the_first_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    doubled = PAYLOAD * 2
    with WeightsServer(doubled) as server:
        other = HttpsFile(server.url, "other.bin", len(doubled), digest(doubled))
        weights = two_origins(fetched("http://127.0.0.1:1/weights.bin"), other)
        monkeypatch.setitem(registry.table(), "twice", weights)
        assert registry.pull("twice", tmp_path).read_bytes() == PAYLOAD
    assert registry.version("twice", tmp_path) == digest(PAYLOAD)
    (row,) = [one for one in registry.status(tmp_path) if one.name == "twice"]
    assert (row.present, server.url in row.source) == (True, True)


def test_a_file_of_any_source_that_was_put_there_by_hand_is_used_before_any_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    doubled = PAYLOAD * 2
    with WeightsServer(PAYLOAD) as server:
        other = HttpsFile("http://127.0.0.1:1/x", "other.bin", len(doubled), digest(doubled))
        monkeypatch.setitem(registry.table(), "twice", two_origins(fetched(server.url), other))
        (tmp_path / "other.bin").write_bytes(doubled)
        assert registry.pull("twice", tmp_path).read_bytes() == PAYLOAD
        assert server.asked == []


def test_where_no_source_answers_the_error_names_every_file_that_would_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = fetched("http://127.0.0.1:1/weights.bin")
    other = HttpsFile("http://127.0.0.1:1/x", "other.bin", len(PAYLOAD), digest(PAYLOAD))
    monkeypatch.setitem(registry.table(), "twice", two_origins(first, other))
    with pytest.raises(WeightsMissingError, match=r"put weights\.bin or other\.bin into"):
        registry.pull("twice", tmp_path)


def test_the_version_of_a_named_network_follows_its_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.onnx"
    path.write_bytes(b"first")
    before = registry.version_of(path)
    assert before == registry.sha256_of(path)
    path.write_bytes(b"second one")
    assert registry.version_of(path) == registry.sha256_of(path) != before
