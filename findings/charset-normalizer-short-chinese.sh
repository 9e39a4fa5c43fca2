#!/usr/bin/env bash
# charset-normalizer: short lines of Chinese in GB 18030 are taken for Big5, also where only three encodings may be.
# Most would expect: charset-normalizer, told that a subtitle file is one of cp932, gb18030 and big5,
# finds GB 18030 for the everyday line "你好吗" with its two ASCII time stamps.
# What happens: it answers big5, also for the longer "月亮代表我的心", and the text comes out as other
# characters without any error. utawaku weighs how common the characters are
# in each standard instead (models/setlist/encodings.py).
# Exits 0 while this is so, 1 once it changed, 2 when the packages cannot be had.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq --disable-pip-version-check charset-normalizer==3.4.4 ||
  { echo "cannot install charset-normalizer==3.4.4: nothing was tried" >&2; exit 2; }
"$folder/venv/bin/python" - <<'P'
import charset_normalizer

print("charset-normalizer", charset_normalizer.__version__)
wrong = []
for line in ("你好吗", "我爱你", "晚安", "月亮代表我的心"):
    data = f"1\n00:00:01,000 --> 00:00:04,000\n{line}\n".encode("gb18030")
    best = charset_normalizer.from_bytes(data, cp_isolation=["cp932", "gb18030", "big5"]).best()
    found = best.encoding if best else "nothing"
    print(line, "as gb18030 is taken for", found, "and reads", str(best).splitlines()[2] if best else "")
    if found != "gb18030":
        wrong.append(line)
raise SystemExit(0 if len(wrong) == 4 else 1)
P
