#!/usr/bin/env bash
# "1:30" as a moment of a stream: twitch-dl reads an hour and a half, its neighbours a minute and a half.
# Most would expect: two numbers are minutes and seconds everywhere, as on the sites' own pages.
# What happens: streamlink, yt-dlp and pytimeparse read 90 s; twitch-dl's --start and --end read 1:30 as
# 1:30:00, and 90:00 as 90 hours. A part that is cut by a setlist's stamp lies somewhere else in the evening, and no
# error says so. Three numbers are read alike by all.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
pins="twitch-dl==3.3.2 streamlink==8.6.3 yt-dlp==2026.10.26 pytimeparse==1.1.10"
venv/bin/pip install -qq --no-compile --disable-pip-version-check $pins ||
  { echo "cannot install $pins: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import importlib.metadata, sys
import pytimeparse, streamlink.utils.times, twitchdl.cli, yt_dlp.utils

for name in ("twitch-dl", "streamlink", "yt-dlp", "pytimeparse"):
    print(name, importlib.metadata.version(name))

readers = {"twitch-dl": lambda stamp: twitchdl.cli.validate_time(None, None, stamp),
           "streamlink": streamlink.utils.times.hours_minutes_seconds,
           "yt-dlp": yt_dlp.utils.parse_duration, "pytimeparse": pytimeparse.parse}
seen = {stamp: [read(stamp) for read in readers.values()] for stamp in ("1:30", "90:00", "1:30:00")}
for stamp, seconds in seen.items():
    print(f"{stamp:8}", dict(zip(readers, seconds)))
same = seen == {"1:30": [5400, 90, 90, 90], "90:00": [324000, 5400, 5400, 5400],
                "1:30:00": [5400, 5400, 5400, 5400]}
sys.exit(0 if same else "the behaviour has changed")
PY
