"""Best label sequences under a fixed price for each change of label.

Two forms of the same search. `decode` adds up one score after another in double precision, in the
order in which inaSpeechSegmenter does, so that ties and rounding fall alike; it is the last word.
`decode_pair` solves the two-label problem by vectorised running sums; it is used where the search
is asked many times.
"""

import numpy as np

SWITCH_NATS = float(150 * np.log(10))
"""Price of a change between energy and no energy, and between the labels of the `sm` network."""

SWITCH_NATS_SMN = float(80 * np.log(10))
"""Price of a change between the labels of the `smn` network."""

_STAY_INACTIVE_NATS = 5.0
_EMISSION_FLOOR = 1e-10


def decode(scores: np.ndarray, switch_nats: float) -> np.ndarray:
    """Labels, int8 (n,), that maximise the sum of `scores` less `switch_nats` for each change.

    Args:
        scores: (n, n_labels) log probabilities; -inf is allowed.
    """
    n, n_labels = scores.shape
    if n == 0:
        return np.zeros(0, np.int8)
    if n_labels == 2:
        return _decode_two(scores, switch_nats)
    return _decode_many(scores, switch_nats)


def _decode_two(scores: np.ndarray, switch_nats: float) -> np.ndarray:
    prior = float(np.log(1 / 2))
    first, second = scores.astype(np.float64).T.tolist()
    best0, best1 = first[0] + prior, second[0] + prior
    from0, from1 = bytearray(len(first)), bytearray(len(first))
    for t in range(1, len(first)):
        # On a tie the lower label wins, as argmax has it.
        change0, change1 = best1 - switch_nats, best0 - switch_nats
        if change0 > best0:
            from0[t] = 1
            next0 = first[t] + change0
        else:
            next0 = first[t] + best0
        if best1 > change1:
            from1[t] = 1
            best1 = second[t] + best1
        else:
            best1 = second[t] + change1
        best0 = next0
    label = 1 if best1 > best0 else 0
    path = bytearray(len(first))
    path[-1] = label
    for t in range(len(first) - 1, 0, -1):
        label = from1[t] if label else from0[t]
        path[t - 1] = label
    return np.frombuffer(path, np.int8).copy()


def _decode_many(scores: np.ndarray, switch_nats: float) -> np.ndarray:
    n, n_labels = scores.shape
    labels = range(n_labels)
    rows = scores.astype(np.float64).tolist()
    prior = float(np.log(1 / n_labels))
    best = [value + prior for value in rows[0]]
    came_from = [bytearray(n) for _ in labels]
    for t in range(1, n):
        row = rows[t]
        following = []
        for label in labels:
            origin, value = 0, -np.inf
            for other in labels:
                candidate = best[other] if other == label else best[other] - switch_nats
                if candidate > value:
                    origin, value = other, candidate
            came_from[label][t] = origin
            following.append(row[label] + value)
        best = following
    label = best.index(max(best))
    path = bytearray(n)
    path[-1] = label
    for t in range(n - 1, 0, -1):
        label = came_from[label][t]
        path[t - 1] = label
    return np.frombuffer(path, np.int8).copy()


def energy_activity(log_energy: np.ndarray, energy_ratio: float) -> np.ndarray:
    """Return which frames have energy: bool (n,).

    The threshold lies ln(energy_ratio) above the mean log energy of the whole recording (digital
    silence left out). Each frame votes with near certainty, each change of state has its price, and
    each step without energy has a small one.

    Args:
        log_energy: float32 (n,), natural logarithm, -inf for digital silence.
    """
    finite = log_energy[np.isfinite(log_energy)]
    if not len(finite):
        return np.zeros(len(log_energy), bool)
    # The mean stays float32, as in inaSpeechSegmenter; the threshold and comparison are float64.
    votes = log_energy > np.mean(finite) + np.log(energy_ratio)
    lead = float(np.log(1 - _EMISSION_FLOOR) - np.log(_EMISSION_FLOOR))
    # margin = score of the best path that ends active, less that of the best that ends inactive.
    steps = np.where(votes, lead, -lead)
    low, high = -SWITCH_NATS, SWITCH_NATS - _STAY_INACTIVE_NATS
    margins = reflected_sums(steps + _STAY_INACTIVE_NATS, steps[0], low, high)
    return _trace_back(margins, low, high)


def decode_pair(odds: np.ndarray, switch_nats: float) -> np.ndarray:
    """Like `decode` for two labels, given log odds (n,) of label 1 against label 0; bool (n,)."""
    if not len(odds):
        return np.zeros(0, bool)
    margins = reflected_sums(odds.astype(np.float64), float(odds[0]), -switch_nats, switch_nats)
    return _trace_back(margins, -switch_nats, switch_nats)


def reflected_sums(steps: np.ndarray, first: float, low: float, high: float) -> np.ndarray:
    """Sums: margins[0] = first; margins[t] = steps[t] + clip(margins[t - 1], low, high).

    `steps` is float64 (n,), and so is the result.

    Between two touches of opposite bounds such a sum is a plain running sum corrected by its
    running extreme, so it is solved stretch by stretch instead of step by step.
    """
    n = len(steps)
    margins = np.empty(n)
    margins[0] = first
    at = 1
    span = 1024
    value = min(max(first, low), high)
    while at < n:
        stop = min(at + span, n)
        # sums[i] is the clipped margin before step at + i, if nothing were clipped.
        sums = value + np.concatenate(([0.0], np.cumsum(steps[at:stop])))
        hits_high = np.flatnonzero(sums > high)
        hits_low = np.flatnonzero(sums < low)
        upper = hits_high[0] if len(hits_high) else len(sums)
        lower = hits_low[0] if len(hits_low) else len(sums)
        if upper == lower:  # neither: plain sums
            margins[at:stop] = sums[1:]
            value = float(sums[-1])
            at, span = stop, min(span * 2, 1 << 16)
            continue
        if upper < lower:
            clipped = sums - np.maximum(np.maximum.accumulate(sums) - high, 0)
            crossing = np.flatnonzero(clipped < low)
        else:
            clipped = sums + np.maximum(low - np.minimum.accumulate(sums), 0)
            crossing = np.flatnonzero(clipped > high)
        # The running extreme holds until the opposite bound is crossed, that step included.
        n_done = int(crossing[0]) if len(crossing) else len(sums) - 1
        margins[at : at + n_done] = clipped[:n_done] + steps[at : at + n_done]
        value = min(max(float(margins[at + n_done - 1]), low), high)
        at += n_done
        span = min(max(2 * n_done, 1024), 1 << 16)
    return margins


def _trace_back(margins: np.ndarray, low: float, high: float) -> np.ndarray:
    """Labels from margins: beyond a bound the label is forced, elsewhere it is the next one's."""
    forced = np.where(margins > high, 1, np.where(margins <= low, 0, -1)).astype(np.int8)
    forced[-1] = 1 if margins[-1] > 0 else 0
    # forced[t] says which label any path through slot t + 1 came from, so it decides slot t.
    where = np.where(forced >= 0, np.arange(len(forced)), len(forced) - 1)
    nearest = np.minimum.accumulate(where[::-1])[::-1]
    result: np.ndarray = forced[nearest] == 1
    return result
