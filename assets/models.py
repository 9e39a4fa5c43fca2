"""Models as assets: each has a data version, so Dagster sees what a changed one makes stale.

An artefact depends on the model that makes it. Whoever uses a model tells Dagster its version
(`orchestration.materialization`), and `sensors.notice_new_models` does where nothing runs. So the
Dagster UI shows the same artefacts as stale as `library.staleness` finds. To materialize a model
fetches its weights.
"""

import dagster as dg

from utawaku.library.errors import UtawakuError
from utawaku.models import registry
from utawaku.orchestration.model_versions import described
from utawaku.orchestration.resources import LibraryResource
from utawaku.workflows.model_versions import MISSING, MODELS, Model

GROUP = "models"
IS_HERE = "weights_are_here"


def _check_of(model: Model) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        IS_HERE,
        asset=model.asset,
        description="The weights are on this machine; what needs them fetches them else.",
    )


def _asset_of(model: Model) -> dg.AssetsDefinition:
    @dg.asset(
        name=model.asset,
        group_name=GROUP,
        kinds={"onnx" if model.weights else "numpy"},
        description=f"Model: {model.purpose}. Its data version is the sha256 of what it consists "
        "of, with the settings that decide what it finds. To materialize it fetches its weights.",
        check_specs=[_check_of(model)],
    )
    def made(library: LibraryResource) -> dg.MaterializeResult:
        settings = library.settings
        name = model.weights(settings) if model.weights is not None else ""
        problem = ""
        if name and not model.is_here(settings):
            try:
                registry.pull(name, settings.weights_dir)
            except UtawakuError as error:
                # What needs it says so with the stream's name, or goes on without.
                problem = str(error)
        version = model.version(settings)
        if version == MISSING:
            raise dg.Failure(
                description=f"the file that the settings name for {model.asset} is not there",
                allow_retries=False,
            )
        return dg.MaterializeResult(
            metadata=described(model, settings),
            data_version=dg.DataVersion(version),
            check_results=[
                dg.AssetCheckResult(
                    check_name=IS_HERE,
                    passed=model.is_here(settings),
                    severity=dg.AssetCheckSeverity.WARN,
                    description=problem or None,
                )
            ],
        )

    return made


model_assets = [_asset_of(model) for model in MODELS.values()]
