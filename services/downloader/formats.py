"""Choosing among the formats that a site offers: by language, then quality, then container."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from utawaku.services.downloader.languages import same_language

Format = Mapping[str, Any]
Chooser = Callable[[Mapping[str, Any]], Iterator[dict[str, Any]]]

_ENOUGH_KBITS = 128.0
"""AAC of this rate cannot be told from its source; more of it is no better."""
_STEP_KBITS = 16.0
_WORTH = (
    ("opus", 1.4), ("vorbis", 1.15), ("mp4a.40.5", 1.3), ("mp4a.40.29", 1.3), ("mp4a", 1.0),
    ("aac", 1.0), ("mp3", 0.8), ("flac", 10.0), ("alac", 10.0), ("pcm", 10.0),
)  # fmt: skip
"""Kilobits of AAC that a kilobit of a codec is worth; lossless ones are always enough."""
_HANDY = ("m4a", "mp4")
"""Containers whose sound is cut without a second encode."""
_SMALL_HEIGHT = 480


def chooser(want: Literal["audio", "video"], max_height: int, language: str = "") -> Chooser:
    """Return a format selector for yt-dlp (`params["format"]`).

    Args:
        want: `audio` takes sound alone where the site has it; `video` takes the best picture (AVC
            in MP4 first) with the best sound.
        max_height: pictures above it are taken only where there are no others.
        language: sound in it is taken where the site has some, whatever else it prefers.
    """

    def choose(context: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        formats = _in_language(context["formats"], language)
        sound = [one for one in formats if _has(one, "acodec") and not _has(one, "vcodec")]
        both = [one for one in formats if _has(one, "acodec") and _has(one, "vcodec")]
        if want == "audio":
            found = _best(sound) or _best(_low(both, _SMALL_HEIGHT)) or _best(both)
        else:
            pictures = [one for one in formats if _has(one, "vcodec") and not _has(one, "acodec")]
            found = _joined(_picture(pictures, max_height), _best(sound)) or (
                _best(_low(both, max_height)) or _best(both) or _best(sound)
            )
        if found is None:  # pictures without sound: what is wrong with them is said later
            found = next((one for one in reversed(formats) if _has(one, "vcodec")), None)
        if found is not None:
            yield dict(found)

    return choose


def _in_language(formats: Sequence[Format], language: str) -> Sequence[Format]:
    """Leave out sound in other languages, where there is some in this one."""
    heard = [
        one
        for one in formats
        if _has(one, "acodec") and same_language(language, str(one.get("language") or ""))
    ]
    if not heard:
        return formats
    return [one for one in formats if one in heard or not _has(one, "acodec")]


def sound_rank(one: Format) -> tuple[float, ...]:
    """Sort key of a format's sound, the best highest: language, quality, container, bits.

    The site's own word of quality counts before the bit rate; of bit rates only what can be heard.
    """
    bits = _bits(one)
    heard = min(bits, _ENOUGH_KBITS) // _STEP_KBITS
    return (
        _number(one.get("language_preference"), -1.0),
        _number(one.get("quality"), -1.0),
        heard,
        float(one.get("ext") in _HANDY),
        bits,
    )


def _best(formats: Sequence[Format]) -> Format | None:
    """Return the best by sound; of equal ones the last, which yt-dlp holds for the best."""
    ranked = sorted(enumerate(formats), key=lambda pair: (sound_rank(pair[1]), pair[0]))
    return ranked[-1][1] if ranked else None


def _picture(pictures: Sequence[Format], max_height: int) -> Format | None:
    for some in (_low(pictures, max_height), pictures):
        plain = [
            one
            for one in some
            if one.get("ext") == "mp4" and str(one.get("vcodec")).startswith("avc")
        ]
        for kind in (plain, some):
            if kind:
                return kind[-1]
    return None


def _joined(picture: Format | None, sound: Format | None) -> Format | None:
    if picture is None or sound is None:
        return None
    return {
        "format_id": f"{picture.get('format_id')}+{sound.get('format_id')}",
        "ext": picture.get("ext"),
        "requested_formats": [dict(picture), dict(sound)],
        "protocol": f"{picture.get('protocol')}+{sound.get('protocol')}",
    }


def _low(formats: Sequence[Format], max_height: int) -> list[Format]:
    return [one for one in formats if _number(one.get("height"), 0.0) <= max_height]


def _has(one: Format, codec: str) -> bool:
    """Return True where the format has sound (or a picture), or may have."""
    return one.get(codec) != "none"


def _bits(one: Format) -> float:
    """Return the rate of the sound as kilobits of AAC; one that is not told counts as enough."""
    rate = _number(one.get("abr"), 0.0)
    if not rate and not _has(one, "vcodec"):
        rate = _number(one.get("tbr"), 0.0)
    if rate <= 0:
        return _ENOUGH_KBITS
    codec = str(one.get("acodec") or "").lower()
    return rate * next((worth for name, worth in _WORTH if codec.startswith(name)), 1.0)


def _number(value: Any, default: float) -> float:
    return float(value) if isinstance(value, int | float) else default
