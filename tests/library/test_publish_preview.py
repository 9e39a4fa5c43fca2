"""The text of everything that would be sent."""

from utawaku.library.publish.preflight import Finding
from utawaku.library.publish.preview import preview_of
from utawaku.library.publish.records import Part, Submission


def test_the_preview_names_target_words_artwork_parts_and_findings() -> None:
    parts = (Part(0, "s1", "01 夜 - 歌手", path="/v/夜.mp4"), Part(1, "s2", "02 空 - 歌手"))
    one = Submission(
        0,
        "bilibili",
        "uta",
        "夜の歌枠",
        parts,
        description="一行\n二行",
        tags=("歌枠",),
        source_url="https://a.example/1",
        cover_path="/c.jpg",
    )
    text = preview_of(one, [Finding("tag_long", "too long", "歌枠", "warning")])
    words = (
        "bilibili uta|夜の歌枠|    二行|歌枠|https://a.example/1|/c.jpg|at once|P1|夜.mp4|rendered"
    )
    for word in (*words.split("|"), "warning: 歌枠: too long", "repost"):
        assert word in text, word
