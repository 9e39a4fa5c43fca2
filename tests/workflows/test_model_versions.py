"""Versions of models as the settings want them, fetched or not."""

from pathlib import Path

import pytest

from tests.conftest import install_weights
from utawaku.library.config import Settings, load_settings
from utawaku.models import registry
from utawaku.workflows.model_versions import MISSING, MODELS, not_fetched


def version(model: str) -> str:
    return MODELS[model].version(load_settings())


def test_a_model_that_is_not_fetched_has_the_version_that_the_registry_knows(
    settings: Settings, weights_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = version("segmenter_weights")
    assert not MODELS["segmenter_weights"].is_here(settings)
    assert not_fetched(settings, ["segments"]) == {"segmenter_weights": "utawaku models pull sm"}
    install_weights(weights_dir, settings, "sm")
    assert version("segmenter_weights") == before == registry.entry("sm").sha256
    assert not_fetched(settings, ["segments"]) == {}
    monkeypatch.setenv("UTAWAKU_SEGMENTS__ENGINE", "smn")
    assert version("segmenter_weights") == registry.entry("smn").sha256 != before
    told = not_fetched(load_settings(), ["segments", "songs"])
    assert told == {"segmenter_weights": "utawaku models pull smn"}


def test_every_set_of_weights_has_a_version_of_its_own_before_it_is_fetched() -> None:
    known = [weights.expected_version for weights in registry.table().values()]
    assert all(known)
    assert len(set(known)) == len(known)


@pytest.mark.parametrize(
    ("model", "variable", "value", "usual"),
    [
        ("segmenter_weights", "UTAWAKU_SEGMENTS__MODE", "exact", "fast"),
        ("segmenter_weights", "UTAWAKU_SEGMENTS__ENERGY_RATIO", "0.03", "0.02"),
        ("song_scorer", "UTAWAKU_SONGS", '{"min_song_s": 40}', '{"min_song_s": 25.0}'),
        ("naming_rules", "UTAWAKU_LABELS__ACCEPT", "0.71", "0.5"),
        ("separator_weights", "UTAWAKU_STEMS__ENGINE", "spleeter", "builtin"),
    ],
)
def test_rules_and_modes_are_part_of_the_version_and_the_usual_ones_are_not(
    monkeypatch: pytest.MonkeyPatch, model: str, variable: str, value: str, usual: str
) -> None:
    before = version(model)
    monkeypatch.setenv(variable, value)
    assert version(model) not in (before, MISSING)
    monkeypatch.setenv(variable, usual)
    if model != "naming_rules":
        assert version(model) == before


def test_settings_that_decide_nothing_change_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {name: version(name) for name in MODELS}
    monkeypatch.setenv("UTAWAKU_SEGMENTS__THREADS", "1")
    monkeypatch.setenv("UTAWAKU_STEMS__MIN_TASTE", "0.5")
    assert {name: version(name) for name in MODELS} == before
