"""The separation engines by name."""

import hashlib
import time
from pathlib import Path

from utawaku.library.engines import SEPARATION_ENGINES
from utawaku.library.errors import EngineError, WeightsCorruptError, WeightsMissingError
from utawaku.library.plugins import SEPARATORS, load_plugin
from utawaku.library.progress import Progress, part, silent
from utawaku.models import registry
from utawaku.models.separator.engine import Separator

AUTO = "auto"
SPLEETER_WEIGHTS = "spleeter-2stems"
BUILTIN_WEIGHTS = "vocal-unet"
WEIGHTS = {
    "builtin": BUILTIN_WEIGHTS,
    "spleeter": SPLEETER_WEIGHTS,
    "blend": SPLEETER_WEIGHTS,
}
"""Registry names of the weights that an engine fetches; the built-in one's come along."""
_TRY_AGAIN_S = 3600.0
_PLUGIN = "plugin:"
_NOT_HAD = f"{SPLEETER_WEIGHTS}.not-had"
"""Written where `auto` could not fetch Spleeter; its time says when."""


def engine_in_use(name: str, weights_dir: Path) -> str:
    """Return the engine that `name` stands for: `auto` is Spleeter where its weights are."""
    if name != AUTO:
        return name
    return "spleeter" if registry.is_here(SPLEETER_WEIGHTS, weights_dir) else "builtin"


def fetch_preferred(name: str, weights_dir: Path, progress: Progress = silent) -> str:
    """Fetch Spleeter's weights for `auto`; returns why they cannot be had, else nothing.

    Each source is asked once, for seconds. After a failure none is asked again for an hour;
    `utawaku models pull spleeter-2stems` and the engine `spleeter` ask at once.
    """
    if name != AUTO or registry.is_here(SPLEETER_WEIGHTS, weights_dir):
        return ""
    marker = weights_dir / _NOT_HAD
    # A clock that was set back makes it wait no longer than an hour.
    if marker.is_file() and abs(time.time() - marker.stat().st_mtime) < _TRY_AGAIN_S:
        return marker.read_text("utf-8")
    try:
        registry.pull(SPLEETER_WEIGHTS, weights_dir, progress=progress, brief=True)
    except (WeightsMissingError, WeightsCorruptError) as error:
        weights_dir.mkdir(parents=True, exist_ok=True)
        marker.write_text(error.problem, "utf-8")
        return error.problem
    marker.unlink(missing_ok=True)
    return ""


def make_separator(
    name: str,
    weights_dir: Path,
    *,
    threads: int = 0,
    extension: str = "zeros",
    custom: Path | None = None,
    plugin: str = "",
    progress: Progress = silent,
) -> Separator:
    """Return the engine called `name`; fetches its weights where they are not here yet.

    `spleeter-reference` runs in an environment of its own: `models.separator.reference`.

    Args:
        name: an engine, `plugin:NAME`, or the path of a network of the user's own (.onnx, .toml).
        weights_dir: where weights are kept.
        threads: inference threads; 0 is one a core.
        extension: what Spleeter does above 11 kHz: `zeros` (drops it) or `average`.
        custom: the network of the engine `custom`.
        plugin: the separator of the engine `plugin`.
        progress: of fetching weights.

    Raises:
        EngineError: no engine that runs in this process has this name; or the user's own network
            cannot be used.
        ConfigError: no installed package has the plugin.
        WeightsMissingError, WeightsCorruptError: see `utawaku.models.registry.pull`.
    """
    if Path(name).suffix in (".onnx", ".toml"):
        name, custom = "custom", Path(name)
    if name.startswith(_PLUGIN):
        name, plugin = "plugin", name.removeprefix(_PLUGIN)
    fetch_preferred(name, weights_dir, part(progress, 0.0, 0.9))
    match engine_in_use(name, weights_dir):
        case "builtin":
            return _builtin(weights_dir, threads, progress)
        case "spleeter":
            return _spleeter(weights_dir, threads, extension, progress)
        case "blend":
            from utawaku.models.separator.blend import BlendSeparator

            # Only what adds up to the mix can be averaged with what does. Where the two disagree,
            # Spleeter is the one to trust: benchmarks/RESULTS.md, "Stems".
            return BlendSeparator(
                _spleeter(weights_dir, threads, "average", progress),
                _builtin(weights_dir, threads, progress),
            )
        case "custom":
            return _custom(custom, threads)
        case "plugin":
            made: Separator = load_plugin(SEPARATORS, plugin)(threads)
            made.name = "plugin"
            return made
    raise EngineError(
        "there is no such separation engine",
        subject=name,
        next_step=f"Choose one of {', '.join(SEPARATION_ENGINES)}",
    )


def custom_version(path: Path | None) -> str:
    """sha256 of a network of the user's own with its description; empty where it is not there."""
    from utawaku.models.separator.custom import describe

    if path is None or not path.is_file():
        return ""
    files = [path]
    if path.suffix == ".toml":
        try:
            files.append(describe(path)[1])
        except EngineError:
            return ""
    if not all(file.is_file() for file in files):
        return ""
    shas = [registry.version_of(file) for file in files]
    return shas[0] if len(shas) == 1 else hashlib.sha256("".join(shas).encode()).hexdigest()


def _builtin(weights_dir: Path, threads: int, progress: Progress) -> Separator:
    from utawaku.models.separator.builtin.engine import BuiltinSeparator

    weights = registry.pull(BUILTIN_WEIGHTS, weights_dir, progress=progress)
    version = registry.version(BUILTIN_WEIGHTS, weights_dir)
    return BuiltinSeparator(weights, threads=threads, model_version=version)


def _spleeter(weights_dir: Path, threads: int, extension: str, progress: Progress) -> Separator:
    from utawaku.models.separator.spleeter.engine import SpleeterSeparator

    weights = registry.pull(SPLEETER_WEIGHTS, weights_dir, progress=progress)
    version = registry.version(SPLEETER_WEIGHTS, weights_dir)
    return SpleeterSeparator(weights, threads=threads, extension=extension, model_version=version)


def _custom(path: Path | None, threads: int) -> Separator:
    """Return a described network, or one of the built-in form that `train separator` wrote."""
    from utawaku.models.separator.builtin.engine import BuiltinSeparator
    from utawaku.models.separator.custom import MORE, CustomSeparator, describe

    if path is None or not path.is_file():
        raise EngineError(
            "no network of your own is there",
            subject=str(path or "stems.weights"),
            next_step="Set `stems.weights` to a .toml that describes an .onnx, or to an .onnx of "
            "`utawaku train separator`",
        )
    version = custom_version(path)
    if path.suffix == ".toml":
        description, network = describe(path)
        return CustomSeparator(network, description, threads=threads, model_version=version)
    try:
        engine = BuiltinSeparator(path, threads=threads, model_version=version)
    except WeightsCorruptError as error:
        raise EngineError(
            error.problem,
            subject=str(path),
            next_step=f"A network of another form needs a .toml that describes it. {MORE}",
        ) from error
    engine.name = "custom"
    return engine
