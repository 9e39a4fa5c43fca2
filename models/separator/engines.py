"""The separation engines by name."""

from pathlib import Path

from utawaku.library.engines import SEPARATION_ENGINES
from utawaku.library.errors import EngineError
from utawaku.library.progress import Progress, silent
from utawaku.models.separator.engine import Separator


def make_separator(
    name: str,
    weights_dir: Path,
    *,
    threads: int = 0,
    extension: str = "zeros",
    progress: Progress = silent,
) -> Separator:
    """Return the engine called `name`; fetches its weights where they are not here yet.

    `spleeter-reference` runs in an environment of its own: `models.separator.reference`.

    Args:
        threads: inference threads; 0 is one a core.
        extension: what Spleeter does above 11 kHz: `zeros` (drops it) or `average`.

    Raises:
        EngineError: no engine that runs in this process has this name.
        WeightsMissingError, WeightsCorruptError: see `utawaku.models.registry.pull`.
    """
    from utawaku.models import registry

    if name == "builtin":
        from utawaku.models.separator.builtin.engine import BuiltinSeparator

        weights = registry.pull("vocal-unet", weights_dir, progress=progress)
        return BuiltinSeparator(
            weights, threads=threads, model_version=registry.version("vocal-unet", weights_dir)
        )
    if name == "spleeter":
        from utawaku.models.separator.spleeter.engine import SpleeterSeparator

        weights = registry.pull("spleeter-2stems", weights_dir, progress=progress)
        return SpleeterSeparator(
            weights,
            threads=threads,
            extension=extension,
            model_version=registry.version("spleeter-2stems", weights_dir),
        )
    raise EngineError(
        "there is no such separation engine",
        subject=name,
        next_step=f"Choose one of {', '.join(SEPARATION_ENGINES)}",
    )
