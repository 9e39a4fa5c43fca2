"""MIR-1K's clips as the separator's training wants them.

C. Hsu and J. Jang, "On the improvement of singing voice separation for monaural recordings using
the MIR-1K dataset", TASLP 2010: 1,000 stereo clips `SINGER_SONG_CLIP.wav` at 16 kHz, the karaoke
backing on the left and an amateur's voice on the right.

`python -m utawaku.models.training.mir1k Wavfile FOLDER` writes FOLDER/songs,
and FOLDER/test/songs of the
singers that the shipped separator is measured on and must never hear.
"""

import sys
import wave
from pathlib import Path

import numpy as np

from utawaku.library.errors import ConfigError
from utawaku.library.files import atomic_path

HELD_OUT = ("Kenshin", "abjones", "annar", "heycat")
_STEMS = ("accompaniment", "vocals")


def lay_out(clips: Path, folder: Path) -> tuple[int, int]:
    """Split every clip into `NAME.vocals.wav` and `NAME.accompaniment.wav`.

    Returns:
        how many clips there are to train on, and how many of singers held out.

    Raises:
        ConfigError: there are no clips, or one is not 16-bit stereo.
    """
    found = sorted(clips.glob("*_*_*.wav"))
    if not found:
        raise ConfigError(
            "there are no clips of MIR-1K",
            subject=str(clips),
            next_step="Name the folder of SINGER_SONG_CLIP.wav, mostly Wavfile",
        )
    counts = [0, 0]
    for clip in found:
        held_out = clip.name.split("_")[0] in HELD_OUT
        counts[held_out] += 1
        place = (folder / "test" if held_out else folder) / "songs"
        place.mkdir(parents=True, exist_ok=True)
        rate_hz, samples = _read(clip)
        for stem, channel in zip(_STEMS, samples.T, strict=True):
            with atomic_path(place / f"{clip.stem}.{stem}.wav") as temporary:
                _write(temporary, rate_hz, channel)
    return counts[0], counts[1]


def _read(clip: Path) -> tuple[int, np.ndarray]:
    """Rate and int16 (n_samples, 2)."""
    try:
        with wave.open(str(clip)) as file:
            shape = (file.getnchannels(), file.getsampwidth())
            rate_hz, data = file.getframerate(), file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        raise ConfigError(f"not a clip of MIR-1K ({error})", subject=str(clip)) from error
    if shape != (2, 2):
        raise ConfigError("not a clip of MIR-1K: 16-bit stereo is wanted", subject=str(clip))
    return rate_hz, np.frombuffer(data, "<i2").reshape(-1, 2)


def _write(path: Path, rate_hz: int, samples: np.ndarray) -> None:
    with path.open("wb") as raw, wave.open(raw, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(samples.tobytes())


if __name__ == "__main__":
    n_train, n_test = lay_out(Path(sys.argv[1]), Path(sys.argv[2]))
    sys.stdout.write(f"{n_train} clips to train on, {n_test} of singers held out\n")
