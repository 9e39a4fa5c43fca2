"""Probability that an evidence source is right, from what it shows.

Every number here was fitted; the scripts say how and print what comes of it:

- own index: `models.fingerprint.search.probability`, by benchmarks/retrieval.py and calibration.py;
- Shazam: benchmarks/witnesses.py shazam. Right and wrong names were counted by how many windows
  agreed and whether their places did, against a service that answers the nearest song it knows to
  every question: 7 right and 96 wrong by one window, 2 and 20 by two in different places, 1 and 1
  by two whose places agree, 14 and 15 by three in different places, 13 and 0 by three that agree.
  The real service could not be asked. It says "no match" instead of guessing; if it guessed in a
  tenth of the windows of a song it does not know (an assumption), k windows would be wrong 10^k
  times as seldom: .42, .91, .99, .99, .99. The table stays below that, because names that are filed
  wrongly there are not counted;
- lists without times: benchmarks/ordered_lists.py, on simulated evenings and lists;
- setlists and chats: benchmarks/evidence.py. Evenings and viewers are simulated (how late people
  stamp, how often titles slip or are wrong, who jokes is assumed and stands there), the lists are
  read, weighed and applied by the real code. `LISTED` and `CALLED` were chosen on
  evenings 0 to 499.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

SHAZAM: dict[tuple[int, bool], float] = {
    (1, False): 0.45,
    (2, False): 0.68,
    (2, True): 0.9,
    (3, False): 0.73,
    (3, True): 0.97,
}
"""By the number of agreeing windows (three stands for more) and whether their places agree."""

LISTED = (0.0, 4.8, 2.4, -4.2, -0.05)
"""Log-odds: constant; by belief; with another author's word; against one; by second beyond 8."""

_USUAL_S = 8.0
CALLED = (-2.9, 5.0, 0.0, 1.0)
"""Log-odds of a title that viewers of the chat called out: constant; by belief in all calls of the
chat; by speaker, up to ten; by a moderator."""

ORDERED = {0: 0.78, 1: 0.94, 2: 0.94}
"""By the number of known songs around a run of songs that a list's order names."""

SURE = 0.99
"""No evidence source but the user is surer than this."""


def shazam_probability(n_windows: int, *, consistent: bool, n_against: int) -> float:
    """Chance that a name is right that so many windows agree on, while others name another."""
    n_windows = min(n_windows, 3)
    share = n_windows / (n_windows + n_against)
    return SHAZAM[n_windows, consistent and n_windows > 1] * share


def listed_probability(trust: float, n_agree: int, n_against: int, away_s: float = 0.0) -> float:
    """Chance that the line nearest to a song names it.

    `trust` is how far the setlist is believed, in [0, 1]; the others are authors besides the line's
    own; `away_s` is the line's distance from the song's start.
    """
    constant, by_trust, by_agreement, by_contradiction, by_distance = LISTED
    log_odds = constant + by_trust * trust + by_distance * max(away_s - _USUAL_S, 0.0)
    log_odds += by_agreement * (n_agree > 0) + by_contradiction * (n_against > n_agree)
    return min(1 / (1 + math.exp(-log_odds)), SURE)


def ordered_probability(n_anchors: int) -> float:
    """Chance that the order of a list names a song; `n_anchors` known songs bound its run."""
    return ORDERED[n_anchors]


def line_probability(row: Mapping[str, Any], away_s: float, trust: float) -> float:
    """Chance that a line names the song that starts `away_s` from it.

    `row` is the line's entry in a merged setlist's `evidence["lines"]`; `trust` stands in for its
    belief where it has none.
    """
    agree, against = row.get("agree", 0), row.get("against", 0)
    if "speakers" not in row:
        return listed_probability(row.get("belief", trust), agree, against, away_s)
    constant, by_belief, by_speaker, by_moderator = CALLED
    log_odds = constant + by_belief * row.get("belief", trust)
    log_odds += by_speaker * min(row["speakers"], 10) + by_moderator * bool(row["by_moderator"])
    _, _, by_agreement, by_contradiction, _ = LISTED
    log_odds += by_agreement * (agree > 0) + by_contradiction * (against > agree)
    return min(1 / (1 + math.exp(-log_odds)), SURE)
