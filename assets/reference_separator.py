"""The unmodified Spleeter as an engine: a process of its own environment, through Dagster Pipes."""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import dagster as dg
import numpy as np
import soxr

import models.reference
from library.config import Settings
from library.errors import EngineError, WeightsMissingError
from library.progress import Progress, silent
from models.separator.engine import Audio, Stems

RATE_HZ = 44_100


def reference_python(settings: Settings) -> Path:
    """Interpreter of the environment that `utawaku models install-reference` makes."""
    return settings.cache_dir / "reference" / "spleeter" / "bin" / "python"


def reference_models(settings: Settings) -> Path:
    """Folder in which `2stems/model.index`, ... lie: Spleeter's archive, extracted."""
    return settings.cache_dir / "reference" / "models"


class ReferenceSpleeter:
    """Spleeter as its authors ship it. It holds a whole song in memory, 25 MB a second."""

    name = "spleeter-reference"
    version = "2.4.2"

    def __init__(
        self, context: dg.AssetExecutionContext, settings: Settings, progress: Progress = silent
    ) -> None:
        """Look for the environment and the checkpoint.

        Raises:
            WeightsMissingError: one of them is not there.
        """
        self.model_version = "2stems-1.4.0"
        self._context = context
        self._progress = progress
        self._python = reference_python(settings)
        self._models = reference_models(settings)
        for path, what in (
            (self._python, "the environment of the unmodified Spleeter"),
            (self._models / "2stems" / "model.index", "Spleeter's checkpoint"),
        ):
            if not path.exists():
                raise WeightsMissingError(
                    f"{what} is not there",
                    subject=str(path),
                    next_step="Run `utawaku models install-reference`",
                )

    def stream(self, chunks: Iterable[Audio], sample_rate_hz: int) -> Iterator[Stems]:
        """See `models.separator.engine.Separator`; all at once, as Spleeter works."""
        mix = np.concatenate([np.atleast_2d(chunk) for chunk in chunks], axis=1)
        n_channels, n_samples = mix.shape
        pair = mix if n_channels == 2 else np.repeat(mix.mean(axis=0, keepdims=True), 2, axis=0)
        pair = soxr.resample(pair.T, sample_rate_hz, RATE_HZ).astype(np.float32)
        with tempfile.TemporaryDirectory(prefix="utawaku-spleeter-") as name:
            source, target = Path(name, "mix.npy"), Path(name, "stems.npz")
            np.save(source, pair)
            self._run(source, target)
            with np.load(target) as stems:
                vocals = stems["vocals"].astype(np.float32)
        vocals = soxr.resample(vocals, RATE_HZ, sample_rate_hz).T[:, :n_samples]
        vocals = np.pad(vocals, ((0, 0), (0, n_samples - vocals.shape[1]))).astype(np.float32)
        if n_channels != 2:
            vocals = np.repeat(vocals.mean(axis=0, keepdims=True), n_channels, axis=0)
        yield Stems(vocals, mix - vocals)

    def _run(self, source: Path, target: Path) -> None:
        script = Path(models.reference.__path__[0]) / "spleeter" / "run.py"
        command = [str(self._python), str(script), str(source), str(target)]
        command += ["--model-path", str(self._models), "--extension", "average"]
        try:
            done = dg.PipesSubprocessClient().run(
                command=command, context=self._context.op_execution_context
            )
        except dg.DagsterExecutionInterruptedError:
            raise
        except Exception as error:
            raise EngineError(
                f"the unmodified Spleeter failed ({error})",
                subject=str(self._models),
                next_step="Run `utawaku models install-reference` again",
            ) from error
        for message in done.get_custom_messages():
            if "fraction" in message:
                self._progress(message["fraction"], message["message"])
            else:
                self._context.add_output_metadata(
                    {f"reference {name}": value for name, value in message["cost"].items()}
                )
