"""Models as assets: each has a data version, so Dagster sees what a changed one makes stale.

An artefact depends on the model that makes it. A run that uses a model whose version Dagster does
not know yet materializes it first (`unrecorded`), and `sensors.models` does where nothing runs. So
The Dagster UI shows the same artefacts as stale as `orchestration.staleness` finds.
"""

import dagster as dg

from utawaku.library.errors import UtawakuError
from utawaku.models import registry
from utawaku.orchestration.resources import LibraryResource
from utawaku.workflows.model_versions import MISSING, MODELS, Model

GROUP = "models"


def _asset_of(model: Model) -> dg.AssetsDefinition:
    @dg.asset(
        name=model.asset,
        group_name=GROUP,
        kinds={"onnx" if model.weights else "numpy"},
        description=f"Model: {model.purpose}. Its data version is the sha256 of what it consists "
        "of.",
    )
    def made(library: LibraryResource) -> dg.MaterializeResult:
        settings = library.settings
        metadata: dict[str, str] = {"makes": ", ".join(model.makes)}
        if model.weights is not None and model.version(settings) == MISSING:
            name = model.weights(settings)
            known = registry.entry(name)
            metadata |= {
                "name": name,
                "licence": known.licence,
                "source": known.source.described,
            }
            try:
                registry.pull(name, settings.weights_dir)
            except UtawakuError as error:
                # What needs it says so with the stream's name, or goes on without.
                metadata["error"] = str(error)
        version = model.version(settings)
        return dg.MaterializeResult(
            metadata={**metadata, "version": version}, data_version=dg.DataVersion(version)
        )

    return made


model_assets = [_asset_of(model) for model in MODELS.values()]
