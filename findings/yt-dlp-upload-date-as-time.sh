#!/usr/bin/env bash
# yt-dlp: unified_timestamp of an upload_date (YYYYMMDD) is a minute of 1 January.
# Most would expect: unified_timestamp reads the form that yt-dlp itself writes into upload_date, as
# unified_strdate does: 20261103 is 3 November 2026.
# What happens: the digits match "%Y%m%d%H%M" with one digit each: 2026, month 1, day 1, 0 h, 3 min. And
# a time zone named by letters that it does not know is dropped: 21:00 JST becomes 21:00 UTC, nine
# hours late. Neither warns.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check yt-dlp==2026.10.26 ||
  { echo "cannot install yt-dlp==2026.10.26: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import datetime, sys
from yt_dlp.utils import unified_strdate, unified_timestamp
from yt_dlp.version import __version__

print("yt-dlp", __version__)

def told(text):
    seconds = unified_timestamp(text)
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%F %H:%M")

seen = {text: told(text) for text in ("20261103", "2026-11-03", "2026-11-03 21:00 JST",
                                      "2026-11-03T21:00:00+09:00")}
for text, time in seen.items():
    print(f"unified_timestamp({text!r}) = {time} UTC")
print("unified_strdate('20261103') =", unified_strdate("20261103"))
same = list(seen.values()) == ["2026-01-01 00:03", "2026-11-03 00:00", "2026-11-03 21:00",
                               "2026-11-03 12:00"] and unified_strdate("20261103") == "20261103"
sys.exit(0 if same else "the behaviour has changed")
PY
