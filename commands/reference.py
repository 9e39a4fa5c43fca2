"""`utawaku models install-reference`: the unmodified Spleeter in an environment of its own."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from utawaku.commands.console import err, out
from utawaku.library.errors import WeightsMissingError
from utawaku.library.language import tr

PROJECT = Path("models") / "reference" / "spleeter"


def register(app: typer.Typer) -> None:
    """Add the command to `utawaku models`."""
    app.command("install-reference", epilog="Example: utawaku models install-reference")(
        install_reference
    )


def install_reference(
    weights: Annotated[
        bool, typer.Option(help="Fetch Spleeter's checkpoint (73 MB) as well.")
    ] = True,
) -> None:
    """Install the unmodified Spleeter (2.2 GB, TensorFlow 2.12) for `spleeter-reference`.

    Needs uv and Python 3.11. utawaku's own `spleeter` engine does without it.
    """
    import utawaku.models.reference
    from utawaku.library.config import load_settings
    from utawaku.models.registry import entry, fetch_raw
    from utawaku.models.separator.reference import reference_models, reference_python
    from utawaku.models.separator.spleeter.network import unpack_checkpoint

    settings = load_settings()
    python = reference_python(settings)
    project = Path(utawaku.models.reference.__path__[0]) / "spleeter"
    uv = shutil.which("uv")
    if uv is None:
        raise WeightsMissingError(
            "uv is needed to install an environment from its lock file",
            subject="uv",
            next_step="Install it (https://docs.astral.sh/uv/), then try again",
        )
    folder = python.parent.parent
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="utawaku-reference-") as name:
        for file in ("pyproject.toml", "uv.lock"):
            shutil.copyfile(project / file, Path(name) / file)
        command = [uv, "sync", "--locked", "--python", "3.11", "--project", name]
        with err.status(tr("installing Spleeter and its TensorFlow")):
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                env={**os.environ, "UV_PROJECT_ENVIRONMENT": str(folder)},
                check=False,
            )
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise WeightsMissingError(
            f"the environment could not be made ({lines[-1] if lines else done.returncode})",
            subject=str(folder),
            next_step="Check the connection and that Python 3.11 can be had, then try again",
        )
    if weights:
        target = reference_models(settings) / "2stems"
        known = entry("spleeter-2stems")
        settings.weights_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".utawaku-pull-", dir=settings.weights_dir) as name:
            with err.status(tr("fetching Spleeter's checkpoint")):
                raw, _origin = fetch_raw(known, settings.weights_dir, Path(name))
            unpack_checkpoint(raw, target)
    out.print(str(python), markup=False)
