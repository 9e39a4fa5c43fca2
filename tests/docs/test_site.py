"""The documentation as a site: built without a warning, in three languages, and at home offline."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from textual.binding import Binding

from tests.checks import ROOT
from utawaku.tui.app import UtawakuApp
from utawaku.tui.screens.library import LibraryScreen
from utawaku.tui.screens.timeline import TimelineScreen

NAMES = {
    "/": "slash",
    "[": "left_square_bracket",
    "]": "right_square_bracket",
    ",": "comma",
    ".": "full_stop",
    "?": "question_mark",
}
"""Textual's names of the keys that the page shows as they are."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; a warning of MkDocs is an error."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stdout + done.stderr
    return folder


class _Links(HTMLParser):
    """Where the elements of a page lead, and what they load."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.anchors: list[str] = []
        self.loaded: list[str] = []
        self.feed(page.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and name == "href" and tag == "a":
                self.anchors.append(value)
            elif value and name in ("src", "href"):
                self.loaded.append(value)


def test_every_link_and_picture_of_the_site_is_in_it(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 30
    for page in pages:
        links = _Links(page)
        assert [one for one in links.loaded if urlsplit(one).netloc] == [], page
        if page.name == "404.html":
            continue  # it stands at the root of a host
        for link in (*links.anchors, *links.loaded):
            parts = urlsplit(link)
            if not parts.scheme and not parts.netloc and parts.path:
                assert (page.parent / unquote(parts.path)).exists(), (page, link)


def test_the_first_pages_are_there_in_each_language(site: Path) -> None:
    for folder, language, word in (
        ("", "en", "Karaoke streams in"),
        ("ja", "ja", "歌枠を入れれば"),
        ("zh-CN", "zh-CN", "歌回进来"),
    ):
        first, start = site / folder / "index.html", site / folder / "start.html"
        assert word in first.read_text("utf-8")
        for page in (first, start):
            assert f' lang="{language}"' in page.read_text("utf-8"), page


def parts_of(page: str) -> tuple[list[str], list[str], int]:
    """The command lines of a page, its headings' levels, and how many keys it names."""
    keys = {"enter", "space", *"/eTSRu?[],."}
    named = re.findall(r"`([^`\n]+)`", page)
    return (
        re.findall(r"^\$ .*$", page, re.M),
        re.findall(r"^#+ ", page, re.M),
        sum(one in keys for one in named),
    )


@pytest.mark.parametrize("folder", ["ja", "zh-CN"])
def test_the_translated_first_evening_has_the_commands_and_keys_of_the_english_one(
    folder: str,
) -> None:
    english = (ROOT / "docs" / "start.md").read_text("utf-8")
    assert parts_of((ROOT / "docs" / folder / "start.md").read_text("utf-8")) == parts_of(english)


def test_the_keys_of_the_first_evening_are_bound() -> None:
    screens = (UtawakuApp, LibraryScreen, TimelineScreen)
    bound = {
        binding.key
        for screen in screens
        for kind in screen.__mro__
        for binding in kind.__dict__.get("BINDINGS", ())
        if isinstance(binding, Binding)
    }
    english = (ROOT / "docs" / "start.md").read_text("utf-8")
    cells = re.findall(r"^\| .* \| (.*) \|$", english, re.M)
    keys = [key for cell in cells for key in re.findall(r"`(\S+)`", cell.partition(", for")[0])]
    assert len(keys) > 8
    assert [key for key in keys if NAMES.get(key, key) not in bound] == []


def test_every_page_of_docs_is_in_the_navigation_once() -> None:
    text = (ROOT / "mkdocs.yml").read_text("utf-8")
    nav = yaml.safe_load(text[text.index("\nnav:") :])["nav"]
    named = [page for section in nav for pages in section.values() for row in pages
             for page in row.values()]  # fmt: skip
    docs = ROOT / "docs"
    written = {path.relative_to(docs).as_posix() for path in docs.rglob("*.md")}
    assert len(named) == len(set(named))
    assert written <= set(named)
