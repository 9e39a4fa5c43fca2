"""Rules of a subscription: the streams that are ingested, and their settings."""

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from utawaku.library.errors import ConfigError

PRESETS: Mapping[str, str] = {
    "karaoke": r"歌枠|うたわく|うた枠|ウタ枠|歌わく|お歌|おうた|歌配信|歌雑|カラオケ|からおけ"
    r"|karaoke|utawaku|伴奏|우타와[쿠꾸]|노래방",
    "acoustic": r"弾き語り|弾語り|ひきがたり|acoustic|吉他|弹唱|彈唱",
    "singing": r"singing|\bsings?\b|sing[- ]?along|unarchived? song|노래|歌います|歌う|歌お|うたう"
    r"|うたいます|熱唱|cantando|nyanyi|\bhát\b",
    "song_session": r"歌回|歌會|歌会|唱歌|点歌|點歌",
}
"""Names for what karaoke streams are called; `@karaoke` in a rule means the expression here, and
`@all` means any of them."""

Kind = Literal["was_live", "upload"]
KINDS: tuple[Kind, ...] = ("was_live", "upload")
UNFINISHED = ("is_live", "is_upcoming", "post_live")


MEMBERS_ONLY = frozenset({"subscriber_only", "premium_only"})
"""yt-dlp's words for what only people who pay may see."""
FOR_MEMBERS = "for members only, and no cookies file is set"


class ChannelRules(BaseModel):
    """Rules of one followed channel. What is left out follows the general settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: tuple[str, ...] = Field(
        default=(),
        description="Regular expressions, one of which the title must hold; @karaoke, @acoustic, "
        "@singing, @song_session and @all are ready-made. Empty lets every title through.",
    )
    exclude: tuple[str, ...] = Field(
        default=(), description="Regular expressions, none of which the title may hold."
    )
    min_duration_s: float = Field(default=0.0, ge=0, description="Shorter ones are left out.")
    max_duration_s: float | None = Field(
        default=None, gt=0, description="Longer ones are left out."
    )
    since: dt.date | None = Field(default=None, description="Older ones are left out.")
    kinds: tuple[Kind, ...] = Field(
        default=KINDS, min_length=1, description="Archives of broadcasts, uploads, or both."
    )
    backlog: int = Field(
        default=10,
        ge=-1,
        description="How many of those that are there already are taken at first; -1 is all.",
    )
    every_minutes: float | None = Field(
        default=None, ge=5, description="How often the channel is polled."
    )
    want: Literal["audio", "video"] | None = Field(
        default=None, description="Keep audio, or the video."
    )
    track: str | None = Field(
        default=None,
        description="Sound track that is read: a number counted from 0, or a language (jpn, ja); "
        "where a recording lacks it, the one flagged as default.",
    )
    as_one: bool = Field(
        default=False,
        description="Parts of one video on the site (Bilibili) are one stream on one timeline.",
    )
    cookies_file: Path | None = Field(
        default=None, description="Cookies file for this channel's members-only streams."
    )
    members_only: bool | None = Field(
        default=None,
        description="Ask for members-only streams; by default only where a cookies file is set.",
    )
    songs: dict[str, Any] = Field(
        default_factory=dict, description="Song rules over the general ones (thresholds, ...)."
    )
    path_template: str = Field(default="", description="Path of this channel's songs.")
    upload_template: str = Field(default="", description="Title of this channel's submissions.")
    upload_account: str = Field(
        default="", description="Account on Bilibili that publishes this channel's songs."
    )
    upload_season: str = Field(
        default="", description="Season (合集) that this channel's submissions are added to."
    )

    @field_validator("title", "exclude", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("title", "exclude")
    @classmethod
    def _readable(cls, expressions: tuple[str, ...]) -> tuple[str, ...]:
        for expression in expressions:
            try:
                _compiled(expression)
            except re.error as error:
                raise ValueError(f"{expression!r} is no regular expression: {error}") from error
        return expressions

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.max_duration_s is not None and self.max_duration_s < self.min_duration_s:
            raise ValueError("max_duration_s is below min_duration_s: nothing could pass")
        return self

    @classmethod
    def read(cls, content: Mapping[str, Any], *, subject: str = "") -> Self:
        """Build rules from what a file, a form or the catalogue holds.

        Raises:
            ConfigError: an unknown rule, or a value out of range.
        """
        try:
            return cls.model_validate(dict(content))
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(str(part) for part in first["loc"])
            raise ConfigError(
                f"rule {name!r}: {first['msg']}" if name else str(first["msg"]),
                subject=subject,
                next_step="`utawaku follow --help` tells the rules",
            ) from error

    def plain(self) -> dict[str, Any]:
        """Return what differs from the defaults, as JSON and TOML can hold it."""
        return self.model_dump(mode="json", exclude_defaults=True)


@dataclass(frozen=True, slots=True)
class Follow:
    """An address to follow, with its rules: what files carry from one library to another."""

    url: str
    title: str = ""
    rules: ChannelRules = field(default_factory=ChannelRules)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision of the rules about a stream, with the reason of a refusal."""

    taken: bool
    reason: str = ""
    for_now: bool = False
    """True where something was unknown: ask again when the stream itself was looked at."""


def judge(
    rules: ChannelRules,
    *,
    title: str,
    duration_s: float | None = None,
    live_status: str | None = None,
    uploaded_at: float | None = None,
    availability: str = "",
    has_cookies: bool = False,
) -> Verdict:
    """Apply `rules` to what is known of a stream; what is unknown lets it through for now.

    A broadcast that is not over has no length that means anything, so its length is unknown.
    `availability` is yt-dlp's word; `has_cookies` says whether the site is asked with a log-in.
    """
    refusal = (
        _members_refusal(rules, availability, has_cookies)
        or _title_refusal(rules, title)
        or _kind_refusal(rules, live_status)
    )
    unknown = not title or live_status is None
    if not refusal and (live_status in UNFINISHED or duration_s is None):
        unknown = unknown or bool(rules.min_duration_s or rules.max_duration_s)
    elif duration_s is not None:
        refusal = refusal or _length_refusal(rules, duration_s)
    if not refusal and rules.since is not None:
        if uploaded_at is None:
            unknown = True
        elif _day(uploaded_at) < rules.since:
            refusal = f"from before {rules.since.isoformat()}"
    return Verdict(False, refusal) if refusal else Verdict(True, for_now=unknown)


def _members_refusal(rules: ChannelRules, availability: str, has_cookies: bool) -> str:
    if availability not in MEMBERS_ONLY:
        return ""
    if rules.members_only is False:
        return "for members only"
    return FOR_MEMBERS if rules.members_only is None and not has_cookies else ""


def _title_refusal(rules: ChannelRules, title: str) -> str:
    if not title:
        return ""
    folded = unicodedata.normalize("NFKC", title)
    if rules.title and not any(_compiled(one).search(folded) for one in rules.title):
        return "the title does not match"
    for expression in rules.exclude:
        if _compiled(expression).search(folded):
            return f"the title matches {expression!r}"
    return ""


def _kind_refusal(rules: ChannelRules, live_status: str | None) -> str:
    if live_status is None:
        return ""
    kind = "upload" if live_status == "not_live" else "was_live"
    if kind in rules.kinds:
        return ""
    return "an upload" if kind == "upload" else "a broadcast"


def _length_refusal(rules: ChannelRules, duration_s: float) -> str:
    if duration_s < rules.min_duration_s:
        return f"shorter than {rules.min_duration_s:.0f} s"
    if rules.max_duration_s is not None and duration_s > rules.max_duration_s:
        return f"longer than {rules.max_duration_s:.0f} s"
    return ""


def _compiled(expression: str) -> re.Pattern[str]:
    if expression.startswith("@"):
        name = expression[1:]
        if name == "all":
            expression = "|".join(PRESETS.values())
        elif name in PRESETS:
            expression = PRESETS[name]
        else:
            raise re.error(f"no preset is called @{name}; there are @all, @{', @'.join(PRESETS)}")
    # re keeps what it compiled, so this costs a look-up.
    return re.compile(unicodedata.normalize("NFKC", expression), re.IGNORECASE)


def _day(moment: float) -> dt.date:
    return dt.datetime.fromtimestamp(moment, dt.UTC).date()
