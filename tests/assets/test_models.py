"""Models as assets: Dagster's data version is the model's own."""

import dagster as dg

from utawaku.assets.models import model_assets
from utawaku.library.config import Settings
from utawaku.orchestration.resources import make_resources
from utawaku.workflows.model_versions import MISSING, MODELS


def test_every_model_is_an_asset() -> None:
    assert {one.key.to_user_string() for one in model_assets} == set(MODELS)


def test_the_data_version_of_what_the_package_holds_is_the_models_version(
    settings: Settings,
) -> None:
    inside = {name: model for name, model in MODELS.items() if model.weights is None}
    assert inside
    wanted = [one for one in model_assets if one.key.to_user_string() in inside]
    result = dg.materialize(wanted, resources=make_resources())
    for name, model in inside.items():
        (made,) = result.asset_materializations_for_node(name)
        version = model.version(settings)
        assert version != MISSING
        assert made.metadata["version"].value == version
        assert (made.tags or {})["dagster/data_version"] == version
        assert made.metadata["makes"].value == ", ".join(model.makes)
