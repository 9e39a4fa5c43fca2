"""How sure evidence sources are: more agreement never makes a name less probable."""

import itertools

import pytest

from utawaku.library.config import LabelSettings
from utawaku.models.labels import SURE, listed_probability, shazam_probability
from utawaku.models.setlist import find_setlists, merge_setlists

ACCEPT = LabelSettings().accept


@pytest.mark.parametrize("consistent", [False, True])
def test_every_further_window_makes_a_name_more_probable(consistent: bool) -> None:
    rising = [shazam_probability(n, consistent=consistent, n_against=0) for n in (1, 2, 3, 4)]
    assert rising == sorted(rising)
    assert all(
        shazam_probability(n, consistent=True, n_against=a + 1)
        < shazam_probability(n, consistent=True, n_against=a)
        for n, a in itertools.product((1, 2, 3), range(4))
    )


def test_one_window_or_windows_at_odds_do_not_name_a_song() -> None:
    assert shazam_probability(1, consistent=True, n_against=0) < ACCEPT
    assert shazam_probability(3, consistent=False, n_against=0) < ACCEPT
    assert shazam_probability(2, consistent=True, n_against=1) < ACCEPT
    assert shazam_probability(2, consistent=True, n_against=0) >= ACCEPT


def test_a_line_that_another_author_contradicts_waits_for_review() -> None:
    alone = listed_probability(0.5, 0, 0)
    assert listed_probability(0.5, 1, 0) >= alone >= ACCEPT > listed_probability(0.5, 0, 1)
    assert listed_probability(0.5, 1, 1) >= ACCEPT
    assert listed_probability(1.0, 5, 0) == SURE


def comment(author: str, *lines: str) -> dict[str, object]:
    return {"id": author, "author": author, "text": "\n".join(lines)}


def test_agreement_is_counted_by_line_and_a_copy_is_nobodys_word() -> None:
    first = comment("a", "0:01:00 Alpha", "0:06:00 Bravo", "0:11:00 Charlie", "0:16:00 Delta")
    copied = comment("b", "0:01:00 Alpha", "0:06:00 Bravo", "0:11:00 Charlie", "0:16:00 Delta")
    heard = comment("c", "0:01:04 Alpha", "0:06:03 Zulu", "0:16:02 Delta")
    merged = merge_setlists(find_setlists({"comments": [first, copied, heard]}, duration_s=1500))
    assert merged is not None
    counted = {
        line.title: (row["agree"], row["against"])
        for line, row in zip(merged.lines, merged.evidence["lines"], strict=True)
    }
    assert counted == {"Alpha": (1, 0), "Bravo": (0, 1), "Charlie": (0, 0), "Delta": (1, 0)}
