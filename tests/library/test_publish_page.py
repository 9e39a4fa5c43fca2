"""The HTML page of what would be sent."""

from html.parser import HTMLParser
from pathlib import Path

from PIL import Image

from utawaku.library.publish.page import page_of
from utawaku.library.publish.preflight import Finding
from utawaku.library.publish.records import Part, Submission

HOSTILE = '夜 <script>alert("x")</script> & "海"'


class Page(HTMLParser):
    """Tags and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        values = dict(attrs)
        if tag == "img":
            self.loaded.append(values["src"] or "")
        if tag == "a":
            self.links.append(values["href"] or "")

    def handle_data(self, data: str) -> None:
        self.text += data


def planned(**changes: object) -> Submission:
    facts: dict[str, object] = {
        "id": 0,
        "target": "bilibili",
        "account": "uta",
        "title": HOSTILE,
        "parts": (Part(0, "s1", "《夜》 - 歌手"), Part(1, "s2", "《空》 - 歌手")),
        "description": f"https://a.example/?a=1&b=2\n{HOSTILE}",
        "tags": ("歌切", HOSTILE),
        "source_url": "https://a.example/1",
        "season": "夜の合集",
    }
    return Submission(**{**facts, **changes})  # type: ignore[arg-type]


def test_it_shows_title_parts_lengths_description_tags_season_and_checks(tmp_path: Path) -> None:
    cover = tmp_path / "cover.jpg"
    Image.new("RGB", (16, 9), (200, 30, 90)).save(cover)
    one = planned(cover_path=str(cover))
    finding = Finding("tag_long", "too long", "歌枠", "warning")
    page = Page(page_of([one], [[finding]], {"s1": 203.0}))
    for word in ("夜", "P1", "《夜》 - 歌手", "3:23", "P2", "夜の合集", "歌枠: too long", "2 分P"):
        assert word in page.text, word
    (picture,) = page.loaded
    assert picture.startswith("data:image/jpeg;base64,")
    assert "https://a.example/?a=1&b=2" in page.links


def test_hostile_words_are_text_and_nothing_is_loaded_from_elsewhere() -> None:
    one = planned(cover_path="https://evil.example/x.jpg", append_to="BV1xx411c7mD")
    page = Page(page_of([one, one], [[], []], {}))
    assert page.text.count(HOSTILE) == 7  # the page's title, and three times in each
    assert "script" not in page.tags
    assert page.loaded == []
    assert "added to BV1xx411c7mD" in page.text
    assert page.tags.count("article") == 2
