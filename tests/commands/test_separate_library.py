"""Targets of `utawaku separate` inside the library: a stream, a query, or neither."""

import pytest

from benchmarks.fake_catalogue import fill
from utawaku.commands.separate_library import separate_songs, stream_meant
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import NotFoundError, UsageError

STREAM = "youtube-fake0000001"


@pytest.fixture(autouse=True)
def _library(catalogue: Catalogue) -> None:
    fill(catalogue, 40, now=1_700_000_000.0)


def test_an_id_names_its_stream(settings: Settings) -> None:
    for alone in (False, True):
        found = stream_meant(STREAM, settings, alone=alone)
        assert found is not None
        assert found.id == STREAM


def test_a_query_names_a_stream_only_where_one_is_needed(
    catalogue: Catalogue, settings: Settings
) -> None:
    query = f'stream:"{catalogue.streams.get(STREAM).title}"'
    assert stream_meant(query, settings, alone=False) is None
    found = stream_meant(query, settings, alone=True)
    assert found is not None
    assert found.id == STREAM


def test_a_query_of_several_streams_is_refused_with_their_ids(settings: Settings) -> None:
    with pytest.raises(UsageError, match="3 streams") as raised:
        stream_meant("sort:title", settings, alone=True)
    assert STREAM in raised.value.next_step


def test_a_query_that_finds_nothing_is_not_found(settings: Settings) -> None:
    with pytest.raises(NotFoundError):
        stream_meant("title:nothing-is-called-so", settings, alone=True)
    with pytest.raises(NotFoundError):
        separate_songs("title:nothing-is-called-so", None, settings)
