#!/usr/bin/env bash
# yt-dlp --match-filter: "duration > 1h" means an hour, "duration > 60m" means 60 million seconds.
# Most would expect: both mean the same, as both are accepted without a word.
# What happens: a value is read as a plain number, then as a count or size (k, M, ...), and only then as a
# duration. "60m" and "90M" are sizes, so "longer than 60m" never matches and "shorter than 10m" always
# does; "1h", "1:00:00" and "3600" work. A rule for karaoke streams written in minutes takes nothing.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check yt-dlp==2026.10.26 ||
  { echo "cannot install yt-dlp==2026.10.26: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import sys
from yt_dlp.utils import match_str
from yt_dlp.version import __version__

print("yt-dlp", __version__)
stream = {"title": "karaoke", "duration": 2 * 3600}
wanted = {"duration > 1h": True, "duration > 1:00:00": True, "duration > 3600": True,
          "duration > 60m": False, "duration < 10m": True, "duration > 60min": True}
seen = {rule: match_str(rule, stream) for rule in wanted}
for rule, matched in seen.items():
    print(f"a stream of two hours matches {rule!r}: {matched}")
sys.exit(0 if seen == wanted else "the behaviour has changed")
PY
