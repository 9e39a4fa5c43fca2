#!/usr/bin/env bash
# Titles of unknown language (comments of a karaoke stream) brought to one form of Chinese characters: OpenCC's jp2t, then t2s.
# Most would expect: jp2t touches what Japan simplified, and text that is Chinese already comes through as it was.
# What happens: characters that both simplified, or that China has for another word, are taken for Japanese. 沪剧 (Shanghai opera) becomes
# 滤剧 (filter opera), 欠款 缺款, 予以 豫以, 芸香 艺香. A second pass changes five more characters (敘 -> 叙 -> 敍), so that text folded once and
# text folded twice differ. Good for a key to compare by, when both sides are folded alike and often enough; not for text that is shown.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check opencc==1.4.2 ||
  { echo "cannot install opencc==1.4.2: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import importlib.metadata
import sys

import opencc

print("opencc", importlib.metadata.version("opencc"))
japanese, traditional = opencc.OpenCC("jp2t"), opencc.OpenCC("t2s")


def folded(text: str) -> str:
    return traditional.convert(japanese.convert(text))


CHINESE = ("沪剧", "欠款", "予以", "芸香", "学会", "体育")
seen = {text: folded(text) for text in CHINESE}
again = [chr(code) for code in range(0x4E00, 0xA000) if folded(folded(chr(code))) != folded(chr(code))]
print("simplified Chinese, folded:", seen)
print("changed by a second pass:", {one: [folded(one), folded(folded(one))] for one in again})
expected = {"沪剧": "滤剧", "欠款": "缺款", "予以": "豫以", "芸香": "艺香", "学会": "学会", "体育": "体育"}
if seen != expected or len(again) != 5:
    print("the behaviour has changed", file=sys.stderr)
    sys.exit(1)
PY
