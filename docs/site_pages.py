"""A hook of MkDocs: pages of the site that lie outside docs/, and links to files out there.

The READMEs are the first pages of the site, one for each language, so that no text is kept twice.
A link to a file that is no page, such as a container file, leads to a copy of it below `files/`.
"""

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

ROOT = Path(__file__).parent.parent
PAGES = {
    "README.md": "index.md",
    "README.ja.md": "ja/index.md",
    "README.zh-CN.md": "zh-CN/index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "benchmarks/RESULTS.md": "results.md",
}
"""Files outside docs/ that are pages, with where they stand on the site."""
SOURCES = {place: path for path, place in PAGES.items()}

_LINK = re.compile(r"(?<=\]\()(?!\w+:|#)([^)#\s]+)")


def place_of(path: str) -> str:
    """Return where a file of the repository stands on the site; both are paths with `/`."""
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    return PAGES.get(path) or f"files/{path}.txt"


def linked(text: str, source: str) -> dict[str, str]:
    """Return the files that a page links to: each link with the path from the repository's root.

    `source` is the page's own path there. Links that lead to no file are left out: MkDocs tells
    of them.
    """
    folder = posixpath.dirname(source)
    found = {link: posixpath.normpath(posixpath.join(folder, link)) for link in _LINK.findall(text)}
    return {link: path for link, path in found.items() if (ROOT / path).is_file()}


def on_files(files: Any, config: Any) -> Any:
    """Add the pages from outside docs/, and the other files there that pages link to."""
    for path, place in PAGES.items():
        files.append(File.generated(config, place, content=(ROOT / path).read_text("utf-8")))
    texts = [(SOURCES.get(page.src_uri, f"docs/{page.src_uri}"), page.content_string)
             for page in files.documentation_pages()]  # fmt: skip
    outside = {path for source, text in texts for path in linked(text, source).values()}
    for path in sorted(outside - set(PAGES)):
        if not path.startswith("docs/"):
            text = (ROOT / path).read_text("utf-8")
            files.append(File.generated(config, place_of(path), content=text))
    return files


def on_page_markdown(markdown: str, page: Any, **_more: Any) -> str:
    """Turn links between files of the repository into links between places of the site."""
    place = page.file.src_uri
    targets = linked(markdown, SOURCES.get(place, f"docs/{place}"))

    def turned(found: re.Match[str]) -> str:
        path = targets.get(found[1])
        return posixpath.relpath(place_of(path), posixpath.dirname(place)) if path else found[1]

    return _LINK.sub(turned, markdown)


def on_post_page(output: str, page: Any, **_more: Any) -> str:
    """Say the page's language, by which browsers choose the shapes of Han characters."""
    folder = page.file.src_uri.partition("/")[0]
    return (
        output.replace(' lang="en"', f' lang="{folder}"', 1)
        if folder in ("ja", "zh-CN")
        else output
    )
