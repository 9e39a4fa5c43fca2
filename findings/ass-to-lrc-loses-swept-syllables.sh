#!/usr/bin/env bash
# ass-to-lrc: syllables that are timed with \kf vanish, and the rest of the line comes too early.
# Most would expect: \k, \kf, \ko and \K all hold a syllable's length, so each becomes a word stamp.
# What happens: \kf (the sweep, what karaoke files mostly use) and \ko are not read. Of {\kf50}he{\K50}ho{\k100}hey
# the enhanced LRC keeps "ho" and "hey", each half a second before it is sung, and the line ends
# early. --simple keeps all the words, without stamps.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check ass-to-lrc==0.4.0 ||
  { echo "cannot install ass-to-lrc==0.4.0: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import importlib.metadata, pathlib, subprocess, sys

print("ass-to-lrc", importlib.metadata.version("ass-to-lrc"))
pathlib.Path("song.ass").write_text("""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Arial,20

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:01.00,0:00:03.00,Default,,0,0,0,,{\\k50}la{\\k50}lu{\\k100}lo
Dialogue: 0,0:00:11.00,0:00:13.00,Default,,0,0,0,,{\\kf50}he{\\K50}ho{\\k100}hey
""")
seen = {}
for name, option in (("words.lrc", "-e"), ("simple.lrc", "-s")):
    subprocess.run(["venv/bin/ass2lrc", "convert", "song.ass", option, "-o", name],
                   check=True, capture_output=True)
    seen[name] = pathlib.Path(name).read_text()
    print(f"{name}:\n{seen[name]}")
words = seen["words.lrc"].splitlines()
same = (words[0] == "[00:01.00]<00:01.00>la<00:01.50>lu<00:02.00>lo"
        and "[00:11.00]<00:11.00>ho<00:11.50>hey" in words and "hehohey" in seen["simple.lrc"])
sys.exit(0 if same else "the behaviour has changed")
PY
