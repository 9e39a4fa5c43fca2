"""Path templates and names that every file system takes."""

import unicodedata
from datetime import date
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utawaku.library.errors import ConfigError
from utawaku.library.files import check_template, numbered, render_path, safe_component
from utawaku.library.text import clean_line, clean_text, cut_bytes, graphemes

TEMPLATE = "{channel}/{date} {stream_title}/{track:02} {artist} - {title}.{ext}"
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
hostile = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(list('\x1b[]\\/:*?"<>|. \u202e\u200b\u200d\ufe0f\u0301\r\n\x9b\0~CONcon1')),
        st.sampled_from(list("歌枠가é🏴\U000e0067\U000e007f🇯🇵" + FAMILY)),
    ),
    max_size=200,
)


def fields(**changes: object) -> dict:
    return {
        "channel": "Ch",
        "date": date(2026, 11, 21),
        "stream_title": "歌枠",
        "track": 3,
        "artist": "A",
        "title": "T",
        "ext": "opus",
    } | changes


def render(**changes: object) -> str:
    return str(render_path(TEMPLATE, fields(**changes)))


def test_a_template_is_filled_with_fields_and_formats() -> None:
    assert render() == "Ch/2026-11-21 歌枠/03 A - T.opus"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"artist": ""}, "Ch/2026-11-21 歌枠/03 T.opus"),
        ({"artist": "", "track": None}, "Ch/2026-11-21 歌枠/T.opus"),
        ({"title": None}, "Ch/2026-11-21 歌枠/03 A.opus"),
        ({"date": ""}, "Ch/歌枠/03 A - T.opus"),
        ({"channel": "..."}, "Unknown/2026-11-21 歌枠/03 A - T.opus"),
        ({"artist": None, "title": "", "track": None}, "Ch/2026-11-21 歌枠/Unknown.opus"),
    ],
)
def test_an_empty_field_takes_its_separator_with_it(changes: dict, expected: str) -> None:
    assert render(**changes) == expected


def test_an_empty_field_takes_its_brackets_with_it() -> None:
    template = "{track:02} {title} [{artist}] ({date})"
    path = render_path(template, fields(artist="", date=None))
    assert str(path) == "03 T.opus"


def test_a_field_never_makes_a_folder() -> None:
    path = render_path(TEMPLATE, fields(title="../../etc/passwd", channel="a\\b"))
    assert len(path.parts) == 3
    assert path.name == "03 A - ..／..／etc／passwd.opus"
    assert path.parts[0] == "a＼b"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("CON", "CON_"),
        ("nul.txt", "nul_.txt"),
        ("NUL .tar.gz", "NUL_.tar.gz"),
        ("com1", "com1_"),
        ("LPT¹", "LPT¹_"),
        ("CONSOLE", "CONSOLE"),
        ("..", "Unknown"),
        (".hidden", "hidden"),
        ("dots... ", "dots"),
        (" \u3000spaces\u3000", "spaces"),
        ("a\u202egpj.exe", "agpj.exe"),
        ("e\u0301", "\u00e9"),
        ('who? "me": <a|b>*', "who？ ＂me＂： ＜a｜b＞＊"),
        ("\x1b]0;owned\x07title", "title"),
    ],
)
def test_a_component_is_made_safe(name: str, expected: str) -> None:
    assert safe_component(name) == expected


def test_a_long_cjk_title_is_cut_to_255_bytes_and_keeps_its_extension() -> None:
    name = render_path("{title}.{ext}", fields(title="歌" * 400)).name
    assert name.endswith("歌.opus")
    assert 248 <= len(name.encode()) <= 255


def test_an_emoji_family_is_kept_whole_or_left_out() -> None:
    for n_fill in range(220, 255):
        kept = safe_component("x" * n_fill + FAMILY)
        assert kept in ("x" * n_fill, "x" * n_fill + FAMILY)


def test_long_folders_are_shortened_until_the_whole_path_fits() -> None:
    long = "長" * 300
    path = render_path(
        TEMPLATE, fields(channel=long, stream_title=long, title=long), max_path_bytes=400
    )
    assert len(str(path).encode()) <= 400
    assert path.suffix == ".opus"
    assert path.name.startswith("03 A - 長")


def test_a_template_without_extension_gets_it_and_keeps_dots_of_the_title() -> None:
    path = render_path("{title}", fields(title="Mr. Brightside feat.Miku"))
    assert path == PurePosixPath("Mr. Brightside feat.Miku.opus")


@pytest.mark.parametrize(
    "template",
    ["", "/abs/{title}", "../{title}", "a//{title}", "{title", "{nope}", "{title.__class__}",
     "{title!r}", "{title[0]}", "{track:{title}}", "{track:99999999}", "{artist:d}", "a\\{title}"],
)  # fmt: skip
def test_a_bad_template_is_refused_with_the_template_in_the_message(template: str) -> None:
    with pytest.raises(ConfigError) as caught:
        render_path(template, fields())
    assert caught.value.subject == template
    assert caught.value.next_step


def test_check_template_names_the_known_fields() -> None:
    with pytest.raises(ConfigError, match="artist, title"):
        check_template("{tilte}", ["title", "artist"])


def test_a_numbered_name_still_fits() -> None:
    path = Path(safe_component("歌" * 100, suffix=".opus"))
    assert numbered(path, 1) == path
    second = numbered(path, 2).name
    assert second.endswith("歌 (2).opus")
    assert len(second.encode()) <= 255


@given(hostile, hostile, hostile)
def test_any_text_gives_a_path_that_every_file_system_takes(a: str, b: str, c: str) -> None:
    path = render_path(TEMPLATE, fields(channel=a, stream_title=b, title=c, artist=a))
    assert len(path.parts) == 3
    assert path.suffix == ".opus"
    for part in path.parts:
        assert 0 < len(part.encode("utf-8")) <= 255
        assert not set(part) & set('/\\:*?"<>|\0')
        assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in part)
        assert part[0] not in ". "
        assert part[-1] not in ". "
        assert part.split(".")[0].rstrip().upper() not in {"CON", "NUL", "AUX", "PRN", "COM1"}
        assert unicodedata.is_normalized("NFC", part)


@given(hostile)
def test_naming_twice_changes_nothing(text: str) -> None:
    once = safe_component(text)
    assert safe_component(once) == once


@given(hostile)
def test_cleaning_twice_changes_nothing_and_leaves_no_control(text: str) -> None:
    once = clean_text(text)
    assert clean_text(once) == once
    assert not set(once) & set("\x1b\x9b\x07\n\u202e\u2066\u200b\ufeff")
    assert clean_line(once) == clean_line(text)


@given(hostile, st.integers(0, 60))
def test_cutting_keeps_whole_graphemes_of_the_start(text: str, max_bytes: int) -> None:
    text = clean_text(text)
    kept = cut_bytes(text, max_bytes)
    assert text.startswith(kept)
    assert len(kept.encode()) <= max_bytes
    assert "".join(graphemes(text)) == text
    assert list(graphemes(text))[: len(list(graphemes(kept)))] == list(graphemes(kept))


@pytest.mark.parametrize(
    ("text", "n_graphemes"),
    [(FAMILY, 1), ("🇯🇵🇺🇸", 2), ("e\u0301", 1), ("👍🏽", 1), ("ガ", 1), ("\u1112\u1161\u11ab", 1),
     ("क्षि", 1), ("🏴\U000e0067\U000e0062\U000e007f", 1), ("한글", 2), ("❤️‍🔥", 1), ("\r\n", 1)],
)  # fmt: skip
def test_what_a_reader_sees_as_one_character_is_one(text: str, n_graphemes: int) -> None:
    assert len(list(graphemes(text))) == n_graphemes


def test_cleaning_keeps_emoji_and_joined_scripts_but_no_hidden_text() -> None:
    assert clean_text(FAMILY + "می\u200cخواهم") == FAMILY + "می\u200cخواهم"
    hidden = "".join(chr(0xE0000 + ord(char)) for char in "ignore this")
    assert clean_text("title" + hidden) == "title"
    assert clean_text("\x1b[2J\x1b[31mred\x9b0m\x1bc") == "red"
    assert clean_text("Z" + "\u0336" * 500) == "Z" + "\u0336" * 8
    assert clean_text("a\r\nb\u2028c", keep_lines=True) == "a\nb\nc"
