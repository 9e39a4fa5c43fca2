#!/usr/bin/env bash
# The setlist of a karaoke stream in its description, as yt-dlp makes chapters of it (for info.json, --embed-chapters, --split-chapters).
# Most would expect: a list with start and end gives the song's name, and a numbered list ("1. 0:12 Song") or one in brackets is read, too.
# What happens: of "0:12 - 3:40 Song" the chapter is called "3:40 Song"; of a numbered list, of "[0:12] Song" and of "0:12~3:40 Song" there
# are no chapters at all; and a list that is given twice (in two languages) gives two chapters for each start, one of no length.
# "0:12 Song" and "Song 0:12" are read.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check yt-dlp==2026.10.26 ||
  { echo "cannot install yt-dlp==2026.10.26: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import sys

import yt_dlp.version
from yt_dlp import YoutubeDL
from yt_dlp.extractor.youtube import YoutubeIE

print("yt-dlp", yt_dlp.version.__version__)
site = YoutubeIE(YoutubeDL({"quiet": True}))
FORMS = {
    "0:12 Song": "0:12 One\n3:45 Two\n8:00 Three",
    "Song 0:12": "One 0:12\nTwo 3:45\nThree 8:00",
    "0:12 - 3:40 Song": "0:12 - 3:40 One\n3:45 - 7:50 Two\n8:00 - 11:00 Three",
    "0:12~3:40 Song": "0:12~3:40 One\n3:45~7:50 Two\n8:00~11:00 Three",
    "1. 0:12 Song": "1. 0:12 One\n2. 3:45 Two\n3. 8:00 Three",
    "[0:12] Song": "[0:12] One\n[3:45] Two\n[8:00] Three",
    "given twice": "0:12 One\n3:45 Two\n8:00 Three\n\n0:12 Un\n3:45 Deux\n8:00 Trois",
}
seen = {
    form: [chapter["title"] for chapter in site._extract_chapters_from_description(text, 3600) or ()]
    for form, text in FORMS.items()
}
for form, titles in seen.items():
    print(f"{form:18} {titles}")
names = ["One", "Two", "Three"]
expected = {
    "0:12 Song": names,
    "Song 0:12": names,
    "0:12 - 3:40 Song": ["3:40 One", "7:50 Two", "11:00 Three"],
    "0:12~3:40 Song": [],
    "1. 0:12 Song": [],
    "[0:12] Song": [],
    "given twice": ["One", "Un", "Two", "Deux", "Three", "Trois"],
}
if seen != expected:
    print("the behaviour has changed", file=sys.stderr)
    sys.exit(1)
PY
