"""The one list of what is made of a stream."""

from utawaku.library.artefacts import CHAIN, OF_A_STREAM, SHORT_NAMES
from utawaku.orchestration.pending_assets import CHAIN as IN_PIPELINE
from utawaku.orchestration.versions import UPSTREAM


def test_pipeline_and_screen_know_the_same_artefacts() -> None:
    assert IN_PIPELINE is CHAIN
    assert set(OF_A_STREAM) == set(UPSTREAM)
    assert set(SHORT_NAMES) == set(OF_A_STREAM)
    assert all(len(short) <= 4 for short in SHORT_NAMES.values())
    assert len(set(SHORT_NAMES.values())) == len(SHORT_NAMES)
