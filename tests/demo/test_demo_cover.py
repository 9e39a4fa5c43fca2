"""The picture of a demo stream."""

import io

from PIL import Image

from utawaku.demo.cover import draw_cover


def test_a_seed_gives_one_picture_and_another_seed_another() -> None:
    first = draw_cover(0)
    assert first == draw_cover(0)
    assert first != draw_cover(1)
    with Image.open(io.BytesIO(first)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (1280, 720))
