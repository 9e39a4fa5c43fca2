"""The calibration of a taste model as a picture."""

import io

from PIL import Image, ImageDraw, ImageFont

from utawaku.models.taste.evaluation import N_BINS, Quality

_SIDE = 360
_LEFT, _TOP, _COUNTS = 52, 34, 70
_INK, _FAINT, _LINE, _BAR = (40, 40, 48), (214, 214, 222), (196, 60, 90), (150, 176, 220)


def calibration_picture(quality: Quality, title: str = "") -> bytes:
    """PNG: predicted p(like) against the share that was liked, and how many songs each bin holds.

    A model that means what it says lies on the diagonal.
    """
    width, height = _LEFT + _SIDE + 24, _TOP + _SIDE + 34 + _COUNTS + 30
    image = Image.new("RGB", (width, height), (255, 255, 255))
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(13)

    def at(x: float, y: float) -> tuple[float, float]:
        return _LEFT + x * _SIDE, _TOP + (1 - y) * _SIDE

    for tick in range(0, N_BINS + 1, 2):
        share = tick / N_BINS
        draw.line([at(0, share), at(1, share)], fill=_FAINT)
        draw.line([at(share, 0), at(share, 1)], fill=_FAINT)
        x, y = at(0, share)
        draw.text((x - 8, y), f"{share:.1f}", fill=_INK, font=font, anchor="rm")
        x, y = at(share, 0)
        draw.text((x, y + 6), f"{share:.1f}", fill=_INK, font=font, anchor="ma")
    draw.line([at(0, 0), at(1, 1)], fill=_FAINT, width=3)
    points = [at(score, share) for score, share, _ in quality.bins]
    if len(points) > 1:
        draw.line(points, fill=_LINE, width=2)
    for x, y in points:
        draw.ellipse([x - 4, y - 4, x + 4, y + 4], fill=_LINE)
    floor = height - 24
    most = max((n for *_, n in quality.bins), default=1)
    for score, _, n in quality.bins:
        b = min(int(score * N_BINS), N_BINS - 1)
        left, right = at(b / N_BINS, 0)[0], at((b + 1) / N_BINS, 0)[0]
        top = floor - _COUNTS * n / most
        draw.rectangle([left + 3, top, right - 3, floor], fill=_BAR)
        draw.text(((left + right) / 2, top - 2), str(n), fill=_INK, font=font, anchor="mb")
    auc = "-" if quality.auc is None else f"{quality.auc:.3f}"
    figures = f"AUC {auc}   ECE {quality.ece:.3f}   Brier {quality.brier:.3f}"
    draw.text((_LEFT, 16), f"{title}  {figures}".strip(), fill=_INK, font=font, anchor="lm")
    caption = "predicted p(like); below: number of songs"
    draw.text((_LEFT, height - 8), caption, fill=_INK, font=font, anchor="lb")
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()
