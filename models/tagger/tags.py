"""The 50 tags of the Million Song Dataset that musicnn knows, and which of them to show."""

import numpy as np

TAGS = (
    *("rock", "pop", "alternative", "indie", "electronic", "female vocalists", "dance", "00s"),
    *("alternative rock", "jazz", "beautiful", "metal", "chillout", "male vocalists"),
    *("classic rock", "soul", "indie rock", "mellow", "electronica", "80s", "folk", "90s", "chill"),
    *("instrumental", "punk", "oldies", "blues", "hard rock", "ambient", "acoustic"),
    *("experimental", "female vocalist", "guitar", "hip-hop", "70s", "party", "country"),
    *("easy listening", "sexy", "catchy", "funk", "electro", "heavy metal", "progressive rock"),
    *("60s", "rnb", "indie pop", "sad", "house", "happy"),
)
"""In the network's order, in lower case."""

VOCAL_TAGS = {
    "female vocals": ("female vocalists", "female vocalist"),
    "male vocals": ("male vocalists",),
    "instrumental": ("instrumental",),
}
"""Kinds of singers: the text shown, and the tags that mean it."""

N_SHOWN = 5
_LEAST = 0.05
_NOT_SHOWN = {tag for tags in VOCAL_TAGS.values() for tag in tags} | {"60s", "70s", "80s", "90s"}
_NOT_SHOWN |= {"00s", "oldies"}
"""Decades are those of the recording that a karaoke singer covers at best, and mislead."""


def top_tags(scores: np.ndarray, n: int = N_SHOWN) -> dict[str, float]:
    """The strongest tags and the one vocal tag that fits best, with their scores.

    Args:
        scores: float32 (50,), the network's mean output.
        n: how many besides the vocal tag; those below 0.05 are left out, the first never.
    """
    by_tag = dict(zip(TAGS, (float(score) for score in scores), strict=True))
    voices = {name: max(by_tag[tag] for tag in tags) for name, tags in VOCAL_TAGS.items()}
    voice = max(voices, key=lambda name: voices[name])
    ranked = sorted(
        (tag for tag in TAGS if tag not in _NOT_SHOWN), key=lambda tag: by_tag[tag], reverse=True
    )
    shown = [tag for place, tag in enumerate(ranked[:n]) if place == 0 or by_tag[tag] >= _LEAST]
    return {tag: round(by_tag[tag], 4) for tag in shown} | {voice: round(voices[voice], 4)}
