"""Copies of one song, and the best of them."""

import numpy as np
import pytest
import sqlalchemy as sa

from benchmarks.fake_catalogue import fill
from utawaku.library.catalogue import Catalogue
from utawaku.library.store.copies import best_copies


def by_hand(
    numbers: np.ndarray, groups: np.ndarray, ranks: np.ndarray
) -> tuple[list[int], list[int]]:
    best: dict[int, int] = {}
    for number in numbers.tolist():
        group = int(groups[number])
        if group not in best or ranks[number] < ranks[best[group]]:
            best[group] = number
    kept = [number for number in numbers.tolist() if best[int(groups[number])] == number]
    return kept, [int(np.sum(groups[numbers] == groups[number])) for number in kept]


@pytest.mark.parametrize("seed", range(20))
def test_the_best_copy_of_each_song_stands_where_it_stood(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 300
    groups = np.where(rng.random(n) < 0.3, -np.arange(n), rng.integers(1, 60, n))
    ranks = rng.permutation(n)
    numbers = rng.permutation(n)[: rng.integers(1, n)]
    found, counts = best_copies(numbers, groups, ranks)
    assert (found.tolist(), counts.tolist()) == by_hand(numbers, groups, ranks)


def test_copies_that_were_read_ahead_ask_the_catalogue_for_nothing_more(
    catalogue: Catalogue,
) -> None:
    fill(catalogue, 200)
    browser = catalogue.browser
    asked: list[str] = []
    sa.event.listen(
        catalogue.engine, "before_cursor_execute", lambda *given: asked.append(given[2])
    )
    first = browser.search("", grouped=True)
    assert any("song_search" in statement for statement in asked)
    browser.prepare()
    asked.clear()
    again = browser.search("", grouped=True)
    assert again.numbers.tolist() == first.numbers.tolist()
    catalogue.grades.give(browser.songs(first.numbers[:1])[0].id, grade=1)
    browser._ordered_at = -1e9
    browser.prepare()
    asked.clear()
    browser.search("", grouped=True)
    assert not any("song_search" in statement for statement in asked)
