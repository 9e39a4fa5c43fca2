"""The one list of what is made of a stream."""

from utawaku.library.artefacts import (
    ARTEFACTS,
    CHAIN,
    UPSTREAM,
    artefacts_of_model,
    with_followers,
)


def test_what_is_upstream_comes_first() -> None:
    names = list(ARTEFACTS)
    for name, artefact in ARTEFACTS.items():
        assert artefact.name == name
        assert all(names.index(above) < names.index(name) for above in artefact.upstream)


def test_the_chain_needs_nothing_that_is_made_on_demand() -> None:
    assert all(set(UPSTREAM[name]) <= set(CHAIN) for name in CHAIN)


def test_short_names_are_short_and_distinct() -> None:
    short = [artefact.short_name for artefact in ARTEFACTS.values()]
    assert all(0 < len(name) <= 4 for name in short)
    assert len(set(short)) == len(short)


def test_what_follows_an_artefact_is_found_near_and_far() -> None:
    assert with_followers({"labels"}) == {
        "labels", "library_files", "highlights", "embeddings", "stems",
    }  # fmt: skip
    assert with_followers({"embeddings"}) == {"embeddings"}


def test_a_model_makes_the_artefacts_that_name_it() -> None:
    assert artefacts_of_model("separator_weights") == ("stems", "pieces")
    assert artefacts_of_model("nothing") == ()
