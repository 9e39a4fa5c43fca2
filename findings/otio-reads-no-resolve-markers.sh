#!/usr/bin/env bash
# OpenTimelineIO: markers that DaVinci Resolve exports as an EDL come back as clips of one frame, without markers.
# Most would expect: the reader of CMX 3600 lists, which knows colours and markers, gives the markers of the list that
# editors most often exchange markers by: their names, and how long they are.
# What happens: each marker is a clip that is called by its number and lasts one frame, with gaps between; name,
# colour and length stay in one line of text under metadata ("|C:ResolveColorBlue |M:First song |D:2595"), and no
# marker is on the clips or the tracks. Whoever asks for markers gets none, and no error.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
pins="opentimelineio==0.18.1 otio-cmx3600-adapter==1.0.0"
venv/bin/pip install -qq --no-compile --disable-pip-version-check $pins ||
  { echo "cannot install $pins: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import importlib.metadata, sys
import opentimelineio as otio

for name in ("opentimelineio", "otio-cmx3600-adapter"):
    print(name, importlib.metadata.version(name))
edl = "TITLE: Timeline 1\nFCM: NON-DROP FRAME\n\n"
for number, start, name, frames in ((1, "01:00:24", "First song", 2595), (2, "01:02:10", "Second song", 2700)):
    edl += f"{number:03}  001      V     C        {start}:00 {start}:01 {start}:00 {start}:01  \n"
    edl += f" |C:ResolveColorBlue |M:{name} |D:{frames}\n\n"
timeline = otio.adapters.read_from_string(edl, "cmx_3600", rate=30)
track = timeline.tracks[0]
clips = [item for item in track if isinstance(item, otio.schema.Clip)]
markers = [marker for item in (timeline.tracks, track, *clips) for marker in item.markers]
for clip in clips:
    print(repr(clip.name), clip.source_range.duration.value, "frame(s)", dict(clip.metadata["cmx_3600"])["comments"])
print(len(markers), "markers")
same = not markers and [clip.name for clip in clips] == ["001", "002"]
same = same and all("|M:" in clip.metadata["cmx_3600"]["comments"][0] for clip in clips)
sys.exit(0 if same else "the behaviour has changed")
PY
