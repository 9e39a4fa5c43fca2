#!/usr/bin/env bash
# A danmaku file in which one viewer wrote "fish & chips <3", as recorders leave it, read by BeautifulSoup(...,
# "xml") and by lxml.
# Most would expect: BeautifulSoup is the reader that forgives, so at most that message is lost; and as it reads
# XML by lxml, both agree.
# What happens: lxml itself, told to recover, reads all four messages. BeautifulSoup on top of it ends at the
# "<3": the messages behind are gone, without an error or a warning. A lone "&" alone costs neither of them a
# message.
# utawaku feeds the elements to a parser one by one and takes the file up again after a break
# (models/chat/elements.py).
# Exits 0 while this is so, 1 once it changed, 2 when the packages cannot be had.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
pkgs="beautifulsoup4==4.15.0 lxml==6.1.3"
# shellcheck disable=SC2086
venv/bin/pip install -qq --no-compile --disable-pip-version-check $pkgs ||
  { echo "cannot install $pkgs: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import importlib.metadata
import sys
import warnings

from bs4 import BeautifulSoup
from lxml import etree

warnings.simplefilter("always")
for name in ("beautifulsoup4", "lxml"):
    print(name, importlib.metadata.version(name))


def messages(said: str) -> tuple[list[str], list[str]]:
    rows = "".join(f"<d p=\"{n},1,25,0,0,0,a,1\">{text}</d>" for n, text in enumerate(("one", said, "three", "four")))
    data = f"<?xml version=\"1.0\" encoding=\"UTF-8\"?><i>{rows}</i>".encode()
    root = etree.fromstring(data, etree.XMLParser(recover=True))
    by_lxml = [element.text for element in root.iter("d")]
    by_soup = [element.text for element in BeautifulSoup(data, "xml").find_all("d")]
    print(repr(said), "lxml:", by_lxml, "BeautifulSoup:", by_soup)
    return by_lxml, by_soup


amp = messages("fish & chips")
heart = messages("fish & chips <3")
as_described = len(amp[0]) == len(amp[1]) == len(heart[0]) == 4 and heart[0][2:] == ["three", "four"]
sys.exit(0 if as_described and len(heart[1]) == 2 else 1)
PY
