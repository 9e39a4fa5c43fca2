"""Times as people read them: the one place that turns seconds into text."""


def clock(seconds: float | None) -> str:
    """Return seconds as `M:SS` or `H:MM:SS`, rounded down as players do; None is a dash.

    >>> clock(185.4), clock(3723), clock(None)
    ('3:05', '1:02:03', '–')
    """
    if seconds is None:
        return "–"
    hours, minutes, left = _parts(seconds)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def long_clock(seconds: float, *, hour_digits: int = 1) -> str:
    """Return seconds as `H:MM:SS`, with the hour also where it is 0.

    >>> long_clock(185.4), long_clock(185.4, hour_digits=2)
    ('0:03:05', '00:03:05')
    """
    hours, minutes, left = _parts(seconds)
    return f"{hours:0{hour_digits}}:{minutes:02}:{left:02}"


def precise_clock(seconds: float) -> str:
    """Return seconds to the hundredth.

    >>> precise_clock(185.404)
    '3:05.40'
    """
    hundredths = max(0, round(seconds * 100))
    return f"{clock(hundredths // 100)}.{hundredths % 100:02}"


def subtitle_clock(seconds: float) -> str:
    """Return seconds as SubRip has them.

    >>> subtitle_clock(3723.4)
    '01:02:03,400'
    """
    total_ms = max(0, round(seconds * 1000))
    return f"{long_clock(total_ms // 1000, hour_digits=2)},{total_ms % 1000:03}"


def _parts(seconds: float) -> tuple[int, int, int]:
    minutes, left = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return hours, minutes, left
