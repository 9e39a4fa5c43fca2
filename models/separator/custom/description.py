"""The TOML file that says what an ONNX separator takes and gives."""

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from utawaku.library.errors import EngineError

MORE = "See docs/howto/use-your-own-separator.md"


class Description(BaseModel):
    """Input and output of a network. Times are in samples at `sample_rate_hz`.

    `spectrum` networks (MDX-Net) map the real and imaginary parts of a spectrogram to those of one
    stem: float32 (n, 2 * channels, n_bins, n_frames), in the order left real, left imaginary,
    right real, right imaginary. `waveform` networks (exports of RoFormer and Demucs with their
    transforms inside) map float32 (n, channels, n_samples) to the same shape, or to one with the
    stems on an axis of their own: (n, n_stems, channels, n_samples).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    network: str = Field(min_length=1)
    """File of the network, beside the description or with its whole path."""
    form: Literal["spectrum", "waveform"]
    gives: Literal["vocals", "accompaniment"] = "vocals"
    """The stem that comes out; the other is what it leaves of the mix."""
    stem: int = Field(0, ge=0)
    """Number of the stem, of several."""
    sample_rate_hz: int = Field(44_100, ge=8_000, le=192_000)
    channels: Literal[1, 2] = 2
    chunk: int = Field(0, ge=0)
    """`waveform`: samples of a chunk; 0 where the network's input has a fixed length."""
    n_fft: int = Field(6_144, ge=256)
    hop: int = Field(1_024, ge=64)
    silent_bins: int = Field(0, ge=0)
    """`spectrum`: lowest bins that are set to zero, as some networks were trained."""
    overlap: float = Field(0.25, ge=0.0, lt=0.9)
    """Share of a chunk that is faded over into the next one."""
    gain: float = Field(1.0, gt=0.0, le=4.0)
    """Factor on what comes out (the compensation of MDX-Net)."""

    @model_validator(mode="after")
    def _fits(self) -> "Description":
        if self.form == "spectrum" and self.n_fft < 2 * self.hop:
            raise ValueError("n_fft must be at least two hops")
        return self


def describe(path: Path) -> tuple[Description, Path]:
    """Read a description; returns it and the path of its network.

    Raises:
        EngineError: it is not there, not TOML, or says what no network has.
    """
    try:
        found = Description.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise EngineError(
            f"the description of the separator cannot be read ({error})",
            subject=str(path),
            next_step=MORE,
        ) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise EngineError(
            f"the description of the separator is wrong at {where}: {first['msg']}",
            subject=str(path),
            next_step=MORE,
        ) from error
    return found, path.parent / Path(found.network).expanduser()
