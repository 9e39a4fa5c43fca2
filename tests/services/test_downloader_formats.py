"""Which format is taken: language, then quality, then container, then bits."""

from collections.abc import Mapping
from typing import Any

import pytest

from utawaku.services.downloader.formats import chooser


def sound(name: str, codec: str, abr: float | None, **more: Any) -> dict[str, Any]:
    ext = {"opus": "webm", "vorbis": "ogg", "mp3": "mp3", "flac": "flac"}.get(codec, "m4a")
    return {"format_id": name, "ext": ext, "acodec": codec, "vcodec": "none", "abr": abr} | more


def picture(name: str, height: int, codec: str = "avc1.640028", **more: Any) -> dict[str, Any]:
    ext = "mp4" if codec.startswith("avc") else "webm"
    return {
        "format_id": name, "ext": ext, "vcodec": codec, "acodec": "none", "height": height,
        "protocol": "https",
    } | more  # fmt: skip


def chosen(want: str, *formats: Mapping[str, Any], max_height: int = 1080) -> str:
    found = list(chooser(want, max_height)({"formats": list(formats)}))  # type: ignore[arg-type]
    return "".join(str(one["format_id"]) for one in found)


AAC, OPUS = sound("aac", "mp4a.40.2", 128), sound("opus", "opus", 160)


@pytest.mark.parametrize(
    ("formats", "best"),
    [
        ((OPUS, AAC), "aac"),
        ((sound("small", "mp4a.40.2", 48), OPUS), "opus"),
        ((OPUS, sound("small", "mp4a.40.2", 48)), "opus"),
        ((sound("dubbed", "mp4a.40.2", 128, language_preference=-1),
          sound("original", "opus", 130, language_preference=10)), "original"),
        ((sound("original", "mp4a.40.2", 48, language_preference=10),
          sound("dubbed", "opus", 160, language_preference=-1)), "original"),
        ((sound("medium", "mp4a.40.2", 130, quality=3.0), sound("low", "opus", 70, quality=2.0)),
         "medium"),
        ((sound("aac quiet", "mp4a.40.2", 128, quality=2.5), sound("opus", "opus", 140, quality=3)),
         "opus"),
        ((sound("64", "mp4a.40.2", 64), sound("132", "mp4a.40.2", 132),
          sound("192", "mp4a.40.2", 192)), "192"),
        ((sound("mp3", "mp3", 128), sound("opus", "opus", 96)), "opus"),
        ((sound("flac", "flac", 900), sound("opus", "opus", 64)), "flac"),
        ((sound("unknown", "mp4a.40.2", None), sound("48", "mp4a.40.2", 48)), "unknown"),
        ((sound("first", "mp4a.40.2", 128), sound("last", "mp4a.40.2", 128)), "last"),
        ((picture("v", 360), {**AAC, "format_id": "both", "vcodec": "avc1", "height": 360}),
         "both"),
    ],
)  # fmt: skip
def test_the_best_sound_is_taken(formats: tuple[dict[str, Any], ...], best: str) -> None:
    assert chosen("audio", *formats) == best


def test_sound_alone_goes_before_a_picture_with_sound() -> None:
    both = {**OPUS, "format_id": "both", "vcodec": "vp9", "height": 1080, "abr": 160}
    assert chosen("audio", sound("48", "mp4a.40.2", 48), both) == "48"


def test_a_tall_picture_is_no_price_for_its_sound() -> None:
    tall = {"format_id": "tall", "ext": "mp4", "acodec": "aac", "vcodec": "avc1", "height": 1080}
    low = {**tall, "format_id": "low", "height": 360}
    assert chosen("audio", low, tall) == "low"
    assert chosen("audio", tall) == "tall"


def test_video_takes_the_picture_up_to_its_height_with_the_best_sound() -> None:
    pictures = (
        picture("720", 720), picture("1080", 1080), picture("1440", 1440, "vp9"),
    )  # fmt: skip
    assert chosen("video", *pictures, sound("48", "mp4a.40.2", 48), OPUS) == "1080+opus"
    assert chosen("video", picture("vp", 720, "vp9"), picture("avc", 480), AAC) == "avc+aac"
    assert chosen("video", picture("2160", 2160, "vp9"), AAC) == "2160+aac"
    assert chosen("video", AAC) == "aac"


def test_pictures_alone_are_taken_for_what_they_are_and_storyboards_are_nothing() -> None:
    board = {"format_id": "sb0", "ext": "mhtml", "acodec": "none", "vcodec": "none"}
    assert chosen("audio", board, picture("v", 360)) == "v"
    assert chosen("audio", board) == ""


def test_the_wanted_language_goes_before_all_else() -> None:
    original = sound("original", "opus", 160, language="en", language_preference=10)
    dubbed = sound("dubbed", "mp4a.40.2", 48, language="ja-JP", language_preference=-1)
    context = {"formats": [original, picture("film", 720), dubbed]}
    for language, taken in (("jpn", "dubbed"), ("en", "original"), ("kor", "original")):
        (found,) = chooser("audio", 1080, language)(context)
        assert found["format_id"] == taken
    (joined,) = chooser("video", 1080, "ja")(context)
    assert joined["format_id"] == "film+dubbed"
