"""inaSpeechSegmenter's speech/music networks, out of its 0.6.8 wheel (MIT, INA, David Doukhan)."""

from pathlib import Path

from utawaku.models.registry.entry import Weights
from utawaku.models.registry.sources import WheelFile


def _convert(raw: Path, target: Path) -> None:
    """Keras hdf5 to ONNX with the batch normalisations folded in."""
    from utawaku.models.segmenter.network import patch_model, read_keras

    target.write_bytes(patch_model(read_keras(raw)).SerializeToString(deterministic=True))


def _from_wheel(member: str) -> WheelFile:
    return WheelFile(
        requirement="inaSpeechSegmenter==0.6.8",
        wheel_name="inaSpeechSegmenter-0.6.8-py3-none-any.whl",
        wheel_sha256="16303a0b4f7e71b823b7f281e620ab399f9c1b26526e0f0c9e135bc70d313250",
        wheel_bytes=13_853_149,
        member=member,
    )


ENTRIES = (
    Weights(
        name="sm",
        purpose="segments: speech, music (inaSpeechSegmenter, as in its 2018 papers)",
        licence="MIT",
        source=_from_wheel("inaSpeechSegmenter/keras_speech_music_cnn.hdf5"),
        raw_sha256="14379ba71352d8981bc24a15c069c84cf6f78ff2ffe7377d43b32465ebd06e01",
        raw_bytes=5_885_888,
        file_name="inaspeech-sm.onnx",
        sha256="94c81babb870945511d9c2f0905dea0f7006afd9f1f33bf0d3797dc799d1ad32",
        convert=_convert,
        default=True,
    ),
    Weights(
        name="smn",
        purpose="segments: speech, music, noise (inaSpeechSegmenter)",
        licence="MIT",
        source=_from_wheel("inaSpeechSegmenter/keras_speech_music_noise_cnn.hdf5"),
        raw_sha256="f04b5e3c86fa2e81666d106b0867350fe7858c7bd006c2a74c27b5b45507e7d8",
        raw_bytes=3_244_808,
        file_name="inaspeech-smn.onnx",
        sha256="d8ba7fe6e7ae971907933aa29cb4be79c85b0392c2cd1f65766aded7cb8f9aad",
        convert=_convert,
    ),
)
