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


def exact_clock(seconds: float) -> str:
    """Return seconds to the thousandth, signed; `read_time` gives the same time again.

    >>> exact_clock(3723.5), exact_clock(-5.25)
    ('1:02:03.500', '-0:00:05.250')
    """
    total_ms = round(abs(seconds) * 1000)
    sign = "-" if seconds < 0 and total_ms else ""
    return f"{sign}{long_clock(total_ms // 1000)}.{total_ms % 1000:03}"


def name_clock(seconds: float) -> str:
    """Return seconds as file names have them, with no colon; `read_time` reads it.

    >>> name_clock(633), name_clock(3723.5)
    ('10_33', '1_02_03.500')
    """
    hours, minutes, left = _parts(round(seconds * 1000) // 1000)
    thousandths = max(0, round(seconds * 1000)) % 1000
    text = f"{hours}_{minutes:02}_{left:02}" if hours else f"{minutes}_{left:02}"
    return f"{text}.{thousandths:03}" if thousandths else text


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
