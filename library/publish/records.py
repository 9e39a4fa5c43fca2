"""A submission and its parts, as they are kept and shown."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal

from utawaku.library.publish.states import PartState, SubmissionState

Visibility = Literal["open", "in_review", "scheduled", "refused", "unknown"]


@dataclass(frozen=True, slots=True)
class Part:
    """One video of a submission: one song."""

    position: int
    """0-based order among the parts of this submission."""
    song_id: str
    title: str
    """As it is shown on the site."""
    path: str = ""
    """The video file; empty until it is cut or rendered."""
    state: PartState = "waiting"
    remote_name: str = ""
    """Name of the uploaded file on the target; kept the moment the upload completes."""
    size_bytes: int = 0
    sha256: str = ""
    """Of the file as it was sent."""
    attempts: int = 0
    bytes_sent: int = 0
    """Bytes that have left this machine, over all attempts; the limit counts them."""
    message: str = ""
    """The reason why the last attempt failed."""
    uploaded_at: float | None = None
    """By the target's clock where it tells the time, else by ours."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One multi-part video on a target."""

    id: int
    """0 while it is only planned."""
    target: str
    """`bilibili`, `folder` or `webdav`."""
    account: str
    """Whose queue it stands in: an account name, or the name of a folder or share."""
    title: str
    parts: tuple[Part, ...]
    state: SubmissionState = "draft"
    description: str = ""
    tags: tuple[str, ...] = ()
    source_url: str = ""
    """Address of the stream; a repost must name it."""
    copyright: int = 2
    """1 own work, 2 repost."""
    category: int = 31
    """Bilibili `tid`; 31 is covers."""
    cover_path: str = ""
    publish_at: float | None = None
    """Scheduled publication, seconds since the epoch; None is at once."""
    append_to: str = ""
    """Remote id of an existing submission that the parts are added to; empty makes a new one."""
    stream_id: str = ""
    """The stream that all songs come from; empty when they come from several."""
    remote_id: str = ""
    """`BV...`, or a path."""
    remote_number: int = 0
    """Bilibili `aid`."""
    submit_sent_at: float | None = None
    """Time at which the submit request left, until its outcome is known. Set: look it up."""
    not_before: float | None = None
    """The queue lets it rest until then (budget, rate limit, review)."""
    attempts: int = 0
    """Submit requests sent."""
    hold_code: str = ""
    """Reason to hold it: `captcha`, `login`, `unknown_outcome`, `already_there`, ..."""
    message: str = ""
    """The last event, and what to do next."""
    created_at: float = 0.0
    updated_at: float = 0.0
    published_at: float | None = None
    candidate_id: str = ""
    """Remote id of what was found on the target and may be this submission already."""
    confirmed_new: bool = False
    """The human says that nothing on the target is this submission: send it."""
    season: str = ""
    """Title or number of the season (合集) that it is added to once it is published."""
    season_done: bool = False
    """It is in its season, or cannot be added to it; `message` then says why."""

    @property
    def waits_for_season(self) -> bool:
        """Return whether it is published and has yet to be added to its season."""
        return self.state == "published" and bool(self.season) and not self.season_done

    @property
    def n_uploaded(self) -> int:
        """Parts that are safely on the target."""
        return sum(part.state == "uploaded" for part in self.parts)


@dataclass(frozen=True, slots=True)
class QueueHold:
    """A hold on an account's queue until a person has looked."""

    target: str
    account: str
    code: str
    message: str
    since: float


@dataclass(frozen=True, slots=True)
class UploadEvent:
    """One costly request, counted against the budget."""

    kind: Literal["part", "submit"]
    at: float
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class RemoteSubmission:
    """A target's answer about a submission that exists."""

    remote_id: str
    remote_number: int = 0
    title: str = ""
    visibility: Visibility = "unknown"
    part_names: tuple[str, ...] = field(default_factory=tuple)
    """Remote names of its parts, in order."""
    part_titles: tuple[str, ...] = field(default_factory=tuple)
    """Titles of its parts, in order."""

    def unknown_titles(self, known: Collection[str]) -> list[str]:
        """Titles of its parts whose remote names are not among `known`."""
        named = zip(self.part_names, self.part_titles, strict=True)
        return [title for name, title in named if name not in known]


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it is shown; its cookies are in the file."""

    name: str
    cookies_path: str
    expires_at: float | None = None
    checked_at: float | None = None
    """The time when the site was asked last."""
    state: str = ""
    """Empty when it can be used; otherwise why not."""
    site: str = "bilibili"
