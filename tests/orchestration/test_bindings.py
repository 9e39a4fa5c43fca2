"""One binding for each spec, and what follows from it."""

import dagster as dg
import pytest

from utawaku.assets import MODULES
from utawaku.definitions import defs
from utawaku.library.artefacts import ARTEFACTS
from utawaku.orchestration.bindings import Binding, bind, binding_of, bound_names
from utawaku.workflows.model_versions import MODELS


def test_every_spec_has_one_binding_in_the_module_of_its_name() -> None:
    assert sorted(bound_names()) == sorted(ARTEFACTS)
    modules = {module.__name__.rpartition(".")[2]: module for module in MODULES}
    for name in ARTEFACTS:
        assert modules[name].BINDING is binding_of(name)


def test_dagster_knows_the_lineage_and_code_version_of_every_spec() -> None:
    graph = defs().resolve_asset_graph()
    for name, artefact in ARTEFACTS.items():
        node = graph.get(dg.AssetKey(name))
        parents = {key.to_user_string() for key in node.parent_keys}
        assert parents == {*artefact.upstream, *([artefact.model] if artefact.model else [])}
        assert node.code_version == binding_of(name).code_version


def test_every_model_of_a_spec_exists_and_every_model_makes_something() -> None:
    assert {spec.model for spec in ARTEFACTS.values() if spec.model} == set(MODELS)
    assert all(model.makes for model in MODELS.values())


def test_an_unknown_artefact_cannot_be_bound() -> None:
    with pytest.raises(ValueError, match="weather"):
        bind(Binding("weather", "1"))


def test_an_artefact_is_bound_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        bind(Binding("songs", "1"))


def test_a_missing_binding_says_where_it_belongs() -> None:
    with pytest.raises(LookupError, match=r"assets/weather\.py"):
        binding_of("weather")


def test_every_module_of_assets_defines_an_asset() -> None:
    for module in MODULES:
        found = [
            one
            for value in vars(module).values()
            for one in (value if isinstance(value, list) else [value])
            if isinstance(one, dg.AssetsDefinition)
        ]
        assert found, module.__name__
