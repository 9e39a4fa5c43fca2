"""Everything that would be sent, as a text to read."""

import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from utawaku.library.publish.preflight import Finding
from utawaku.library.publish.records import Submission

WHEN = "%Y-%m-%d %H:%M"
COPYRIGHTS = {1: "own work", 2: "repost"}


def preview_of(submission: Submission, findings: Sequence[Finding]) -> str:
    """Return target, words, artwork, time, parts and what the target would refuse, line by line."""
    one = submission
    at_once = "at once"
    facts = {
        "to": f"{one.target} {one.account}".strip(),
        "title": one.title,
        "tags": ", ".join(one.tags) or "none",
        "kind": f"{COPYRIGHTS.get(one.copyright, one.copyright)}, category {one.category}",
        "source": one.source_url or "none",
        "artwork": one.cover_path or "none: the site takes a frame of the video",
        "published": local_time(one.publish_at) if one.publish_at is not None else at_once,
        "added to": one.append_to,
        "season": one.season,
    }
    lines = [f"{name:10} {value}" for name, value in facts.items() if value]
    lines += ["", "description", *(f"    {line}" for line in one.description.splitlines())]
    lines += ["", f"{len(one.parts)} part{'' if len(one.parts) == 1 else 's'}"]
    for n, part in enumerate(one.parts, 1):
        file = Path(part.path).name if part.path else "rendered from the song and its artwork"
        lines.append(f"    P{n:<3} {part.title}    ({file})")
    lines += ["", "checks"]
    lines += [
        f"    {finding.severity}: {f'{finding.subject}: ' if finding.subject else ''}"
        f"{finding.message}"
        for finding in findings
    ] or ["    No problems found."]
    return "\n".join(lines)


def local_time(moment: float) -> str:
    """A moment, in seconds since the epoch, by the clock of this place."""
    zone = time.strftime("%Z", time.localtime(moment))
    return f"{datetime.fromtimestamp(moment).strftime(WHEN)} {zone}".strip()
