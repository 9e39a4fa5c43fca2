"""Checks for what a target would refuse, before a byte is sent.

Bilibili's limits as measured and reported: title and part title 80 characters of visible Chinese,
Japanese, Latin or other plain text (its code 21013; emoji and Hangul were refused), 1 to 10 tags
of at most 20 characters, description 2,000, 100 parts an operation, 16 GB a file, a source for
every repost, publication 2 hours to 15 days ahead.
"""

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from utawaku.library.publish.records import Submission
from utawaku.library.publish.titles import distinct_title

FindingCode = Literal[
    "title_empty", "title_long", "title_characters", "title_repeated", "description_long",
    "description_characters", "tags_missing", "tags_many", "tag_long", "tag_characters",
    "source_missing", "source_long", "parts_missing", "parts_many", "part_title_empty",
    "part_title_long", "part_title_characters", "part_file_missing", "part_file_empty",
    "part_file_large", "part_repeated", "cover_missing", "cover_large", "publish_at_early",
    "publish_at_late", "copyright_unknown",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a planned submission."""

    code: FindingCode
    message: str
    """The fault, and what the target would accept."""
    subject: str = ""
    """The part or tag."""
    severity: Literal["error", "warning"] = "error"
    """An error keeps it from being sent; a warning may be refused by the site."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a target; 0 is no limit."""

    title: int = 80
    part_title: int = 80
    description: int = 2000
    tags: int = 10
    tag: int = 20
    source: int = 200
    parts: int = 100
    file_bytes: int = 16 * 1024**3
    cover_bytes: int = 5 * 1024**2
    earliest_s: float = 2 * 3600.0
    latest_s: float = 15 * 86400.0
    plain_titles: bool = True
    """No emoji, controls or other characters that are no plain text."""
    needs_tags: bool = True
    needs_source: bool = True


BILIBILI = Limits()
OPEN = Limits(
    title=0,
    part_title=0,
    description=0,
    tags=0,
    tag=0,
    source=0,
    parts=0,
    file_bytes=0,
    cover_bytes=0,
    earliest_s=0.0,
    latest_s=0.0,
    plain_titles=False,
    needs_tags=False,
    needs_source=False,
)
"""A folder or share of one's own: only missing and empty files are refused."""


def forbidden_characters(text: str, *, newlines: bool = False) -> str:
    """Characters that the site takes in no text: controls, emoji, private and broken ones."""
    return "".join(
        dict.fromkeys(
            char for char in text if not (newlines and char == "\n") and _is_forbidden(char)
        )
    )


def without_forbidden(text: str, *, newlines: bool = False) -> str:
    """The text with what the site takes in no title replaced by a space or dropped."""
    kept = "".join(
        char
        if (newlines and char == "\n") or not _is_forbidden(char)
        else (" " if char.isspace() else "")
        for char in unicodedata.normalize("NFC", text)
    )
    return kept if newlines else " ".join(kept.split())


def check(
    submission: Submission, limits: Limits, *, now: float, n_existing_parts: int = 0
) -> list[Finding]:
    """Everything that is wrong with a submission, files included.

    `n_existing_parts`: parts that the submission it is appended to has already.
    """
    findings: list[Finding] = []
    if not submission.append_to:
        findings += _check_texts(submission, limits)
        findings += _check_time(submission, limits, now)
        findings += _check_cover(submission, limits)
    findings += _check_parts(submission, limits, n_existing_parts)
    return findings


def check_title_is_new(
    submission: Submission, taken: Mapping[str, int], limits: Limits
) -> list[Finding]:
    """The finding that another submission has the title, with a title that would do.

    `taken`: titles of other submissions, each with its number (0 where it has none yet).
    """
    if submission.append_to or submission.title not in taken:
        return []
    number = taken[submission.title]
    other = f"submission {number}" if number else "another one of this plan"
    proposed = proposed_title(submission, taken, limits)
    message = f"{other} has the same title, which the site refuses; take: {proposed}"
    return [Finding("title_repeated", message, submission.title)]


def proposed_title(submission: Submission, taken: Collection[str], limits: Limits) -> str:
    """A title that nobody has, with what tells this submission from the others."""
    hints = [part.title for part in submission.parts[:1]]
    return distinct_title(submission.title, taken, limits.title, hints=hints)


def errors(findings: Sequence[Finding]) -> list[Finding]:
    """Those that keep a submission from being sent."""
    return [finding for finding in findings if finding.severity == "error"]


def _is_forbidden(char: str) -> bool:
    category = unicodedata.category(char)
    # So beyond the basic plane are emoji; the note, star and heart signs below it are accepted.
    return (
        category in {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}
        or ord(char) in _EMOJI_SIGNS
        or (category in {"So", "Sk"} and ord(char) > 0xFFFF)
    )


_EMOJI_SIGNS = frozenset({0xFE0F, 0xFE0E, 0x20E3, 0x200D})


def _is_hangul(char: str) -> bool:
    return "\uac00" <= char <= "\ud7a3" or "\u1100" <= char <= "\u11ff" or "ㄱ" <= char <= "ㆎ"


def _check_texts(submission: Submission, limits: Limits) -> list[Finding]:
    findings = _check_title(
        submission.title, limits.title, limits, "title_empty", "title_long", "title_characters"
    )
    length = len(submission.description)
    if limits.description and length > limits.description:
        findings.append(
            Finding(
                "description_long",
                f"the description has {length} characters; {limits.description} are allowed",
            )
        )
    if limits.plain_titles and (bad := forbidden_characters(submission.description, newlines=True)):
        findings.append(
            Finding(
                "description_characters",
                f"the description has characters that the site may refuse: {_show(bad)}",
                severity="warning",
            )
        )
    findings += _check_tags(submission, limits)
    if submission.copyright not in (1, 2):
        findings.append(Finding("copyright_unknown", "copyright must be 1 (own) or 2 (repost)"))
    if limits.needs_source and submission.copyright == 2 and not submission.source_url.strip():
        findings.append(Finding("source_missing", "a repost must name where it comes from"))
    if limits.source and len(submission.source_url) > limits.source:
        findings.append(Finding("source_long", f"the source has over {limits.source} characters"))
    return findings


def _check_title(
    text: str,
    limit: int,
    limits: Limits,
    empty: FindingCode,
    too_long: FindingCode,
    characters: FindingCode,
    subject: str = "",
) -> list[Finding]:
    findings = []
    if not text.strip():
        findings.append(Finding(empty, "there is no title", subject))
    if limit and len(text) > limit:
        message = f"the title has {len(text)} characters; {limit} are allowed"
        findings.append(Finding(too_long, message, subject))
    if limits.plain_titles:
        if bad := forbidden_characters(text):
            message = f"the title has characters that the site refuses: {_show(bad)}"
            findings.append(Finding(characters, message, subject))
        if any(_is_hangul(char) for char in text):
            message = "the title has Korean letters, which the site has refused before"
            findings.append(Finding(characters, message, subject, "warning"))
    return findings


def _check_tags(submission: Submission, limits: Limits) -> list[Finding]:
    findings = []
    if limits.needs_tags and not submission.tags:
        findings.append(Finding("tags_missing", "at least one tag is needed"))
    if limits.tags and len(submission.tags) > limits.tags:
        message = f"{len(submission.tags)} tags; {limits.tags} are allowed"
        findings.append(Finding("tags_many", message))
    for tag in submission.tags:
        if limits.tag and not 1 <= len(tag) <= limits.tag:
            message = f"a tag has {len(tag)} characters; 1 to {limits.tag} are allowed"
            findings.append(Finding("tag_long", message, tag))
        if limits.plain_titles and ("," in tag or forbidden_characters(tag)):
            findings.append(Finding("tag_characters", "a tag has a forbidden character", tag))
    return findings


def _check_time(submission: Submission, limits: Limits, now: float) -> list[Finding]:
    if submission.publish_at is None or not limits.latest_s:
        return []
    ahead_s = submission.publish_at - now
    if ahead_s < limits.earliest_s:
        hours = limits.earliest_s / 3600
        return [Finding("publish_at_early", f"publication must be {hours:g} hours ahead at least")]
    if ahead_s > limits.latest_s:
        days = limits.latest_s / 86400
        return [Finding("publish_at_late", f"publication must be {days:g} days ahead at most")]
    return []


def _check_cover(submission: Submission, limits: Limits) -> list[Finding]:
    if not submission.cover_path:
        return []
    cover = Path(submission.cover_path)
    if not cover.is_file():
        return [Finding("cover_missing", "the cover picture is not there", str(cover))]
    if limits.cover_bytes and cover.stat().st_size > limits.cover_bytes:
        megabytes = limits.cover_bytes / 1024**2
        return [Finding("cover_large", f"the cover is over {megabytes:g} MB", str(cover))]
    return []


def _check_parts(submission: Submission, limits: Limits, n_existing: int) -> list[Finding]:
    findings = []
    if not submission.parts:
        findings.append(Finding("parts_missing", "there is nothing to upload"))
    n_parts = len(submission.parts) + n_existing
    if limits.parts and n_parts > limits.parts:
        findings.append(Finding("parts_many", f"{n_parts} parts; {limits.parts} are allowed"))
    seen: set[str] = set()
    for part in submission.parts:
        name = f"P{part.position + 1 + n_existing} {part.title}"
        findings += _check_title(
            part.title,
            limits.part_title,
            limits,
            "part_title_empty",
            "part_title_long",
            "part_title_characters",
            name,
        )
        if part.song_id and part.song_id in seen:
            findings.append(Finding("part_repeated", "the song is there twice", name))
        seen.add(part.song_id)
        if part.state != "uploaded":
            findings += _check_file(part.path, limits, name)
    return findings


def _check_file(path: str, limits: Limits, name: str) -> list[Finding]:
    if not path:
        # Cut or rendered only when its turn comes; then it is checked again.
        return [Finding("part_file_missing", "its video is not made yet", name, "warning")]
    if not Path(path).is_file():
        return [Finding("part_file_missing", f"the file {path} is not there", name)]
    size = Path(path).stat().st_size
    if size == 0:
        return [Finding("part_file_empty", f"the file {path} is empty", name)]
    if limits.file_bytes and size > limits.file_bytes:
        gigabytes = limits.file_bytes / 1024**3
        return [Finding("part_file_large", f"the file is over {gigabytes:g} GB", name)]
    return []


def _show(characters: str) -> str:
    return ", ".join(f"U+{ord(char):04X}" for char in characters[:8])
