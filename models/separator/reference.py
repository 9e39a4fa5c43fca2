"""The unmodified Spleeter as an engine: a process of its own environment."""

import json
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soxr

import utawaku.models.reference
from utawaku.library.config import Settings
from utawaku.library.errors import EngineError, MediaError, WeightsMissingError
from utawaku.library.progress import Progress, part, silent
from utawaku.models.separator.engine import Audio, Separator, Stems

RATE_HZ = 44_100


_PATIENCE_S = 10.0


_LEAST_S = 0.1


_READING = 0.1
"""Share of the progress bar."""


Costs = Mapping[str, float]
"""Resources that a process took: `wall_s`, `cpu_s`, `peak_mb`, `n_samples`."""


Runner = Callable[[Sequence[str], Progress], Costs]
"""Runs a command to its end. Raises EngineError where it fails."""


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

    def __init__(self, settings: Settings, *, run: Runner | None = None) -> None:
        """Look for the environment and the checkpoint.

        Args:
            settings: say where they are.
            run: how the process is driven, `through_pipes` in a Dagster run; else `run_alone`.

        Raises:
            WeightsMissingError: one of them is not there.
        """
        self.model_version = "2stems-1.4.0"
        self.costs: dict[str, float] = {}
        """Summed over all songs so far; of the memory, the most."""
        self._run = run or run_alone
        self._progress: Progress = silent
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

    def report_to(self, progress: Progress) -> Progress:
        """Have the next song's process tell `progress`; returns what reading the song shall tell.

        The song is read to its end before anything is done, which would look like all of it.
        """
        most = 0.0

        def rising(fraction: float, message: str) -> None:
            nonlocal most
            most = max(most, fraction)
            progress(most, message)

        self._progress = part(rising, _READING, 1.0)
        return part(rising, 0.0, _READING)

    def stream(self, chunks: Iterable[Audio], sample_rate_hz: int) -> Iterator[Stems]:
        """See `utawaku.models.separator.engine.Separator`; all at once, as Spleeter works."""
        pieces = [piece for chunk in chunks if (piece := np.atleast_2d(chunk)).size]
        if not pieces:
            return
        mix = np.nan_to_num(np.concatenate(pieces, axis=1))
        n_channels, n_samples = mix.shape
        pair = mix if n_channels == 2 else np.repeat(mix.mean(axis=0, keepdims=True), 2, axis=0)
        pair = soxr.resample(pair.T, sample_rate_hz, RATE_HZ).astype(np.float32)
        if len(pair) < _LEAST_S * RATE_HZ:
            raise MediaError(
                "too short for the unmodified Spleeter", subject=f"{len(pair)} samples"
            )
        with tempfile.TemporaryDirectory(prefix="utawaku-spleeter-") as name:
            source, target = Path(name, "mix.npy"), Path(name, "stems.npz")
            np.save(source, pair)
            self._count(self._run(self._command(source, target), self._progress))
            with np.load(target) as stems:
                vocals = stems["vocals"].astype(np.float32)
        vocals = soxr.resample(vocals, RATE_HZ, sample_rate_hz).T[:, :n_samples]
        vocals = np.pad(vocals, ((0, 0), (0, n_samples - vocals.shape[1]))).astype(np.float32)
        if n_channels != 2:
            vocals = np.repeat(vocals.mean(axis=0, keepdims=True), n_channels, axis=0)
        yield Stems(vocals, mix - vocals)

    def _command(self, source: Path, target: Path) -> list[str]:
        script = Path(utawaku.models.reference.__path__[0]) / "spleeter" / "run.py"
        command = [str(self._python), str(script), str(source), str(target)]
        return [*command, "--model-path", str(self._models), "--extension", "average"]

    def _count(self, costs: Costs) -> None:
        for name, value in costs.items():
            before = self.costs.get(name, 0.0)
            self.costs[name] = max(before, value) if name == "peak_mb" else before + value


def reporting_to(separator: Separator, progress: Progress) -> Progress:
    """Return what reading the next sound is to tell, so that `progress` hears of its separation,
    too.
    """
    return separator.report_to(progress) if isinstance(separator, ReferenceSpleeter) else progress


def run_alone(command: Sequence[str], progress: Progress) -> Costs:
    """Run the script and read a JSON object from each line it prints: progress, then the costs."""
    costs: Costs | None = None
    with tempfile.TemporaryFile("w+", errors="replace") as complaints:
        process = subprocess.Popen(
            [*command, "--progress"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            errors="replace",
        )
        try:
            assert process.stdout is not None
            for line in process.stdout:
                told = json.loads(line)
                if "fraction" in told:
                    progress(told["fraction"], told["message"])
                else:
                    costs = told
            process.wait()
        except ValueError as error:
            raise reference_failed(command, f"said what is no JSON: {error}") from error
        finally:
            end_process(process)
        if process.returncode or costs is None:
            raise reference_failed(
                command, last_line(complaints) or f"exit code {process.returncode}"
            )
    return costs


def end_process(process: "subprocess.Popen[Any]") -> None:
    """Whatever went on here, the process does not outlive it."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def last_line(complaints: Any) -> str:
    """Return the last line of a process's standard error, at most 300 characters."""
    complaints.seek(0)
    lines = [line.strip() for line in complaints if line.strip()]
    return str(lines[-1])[:300] if lines else ""


def reference_failed(command: Sequence[str], why: str) -> EngineError:
    """Return the error of a reference process that ended badly."""
    return EngineError(
        f"the unmodified Spleeter failed ({why})",
        subject=str(command[0]),
        next_step="Run `utawaku models install-reference` again",
    )
