"""The interface of a target of submissions.

Exactly-once publishing rests on five promises that every target keeps:

1. `upload_part` returns only when the file is completely there, and its answer names it for ever;
2. `submit` calls `before_send` right before the one request that publishes;
3. `submit` raises `OutcomeUnknownError` whenever that request may have worked without an answer;
4. `find` tells, from the remote names of the parts, whether the submission is there;
5. `similar` tells, from titles, whether one is there that may be this submission, though our
   records do not know it (a catalogue restored from a backup, a submission made by hand).
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from utawaku.library.progress import Progress
from utawaku.library.publish.preflight import Finding
from utawaku.library.publish.records import Part, RemoteSubmission, Submission

OnSent = Callable[[int], None]
"""Gets a number of bytes."""


def uncounted(_n_bytes: int) -> None:
    """Count nothing."""


@dataclass(frozen=True, slots=True)
class UploadedPart:
    """Proof that a part is on the target."""

    remote_name: str
    uploaded_at: float | None = None
    """By the target's own clock; None where it does not tell the time."""


@runtime_checkable
class SeasonKeeper(Protocol):
    """A target whose accounts have seasons (合集) that submissions are added to."""

    def place_in_season(self, submission: Submission) -> bool:
        """Add a published submission to the season that it names; once, however often it is asked.

        Returns False where that cannot be done yet: ask again later.

        Raises:
            UploadInterruptedError, UploadLimitedError, UploadHoldError, UploadRefusedError
        """
        ...


class Uploader(Protocol):
    """A target for one account, folder or share."""

    target: str
    """`bilibili`, `folder`, `webdav`."""
    account: str

    def check_ready(self) -> None:
        """Make sure that a batch can start: logged in, reachable, writable.

        Raises:
            LoginExpiredError: the human must log in.
            UploadInterruptedError: it cannot be reached now.
        """
        ...

    def preflight(self, submission: Submission) -> Sequence[Finding]:
        """Return what the target would refuse, found before a byte is sent."""
        ...

    def upload_part(
        self,
        submission: Submission,
        part: Part,
        *,
        attempt: int,
        progress: Progress,
        on_sent: OnSent = uncounted,
    ) -> UploadedPart:
        """Send one part; `attempt` (from 1) lets the target change its way after a failure.

        `on_sent` gets the number of bytes each time some have left this machine.

        Raises:
            UploadInterruptedError, UploadLimitedError, UploadHoldError, UploadRefusedError
        """
        ...

    def submit(
        self, submission: Submission, *, before_send: Callable[[], None]
    ) -> RemoteSubmission:
        """Publish the uploaded parts as one submission, or append them to an existing one.

        Raises:
            OutcomeUnknownError: it may have worked.
            UploadInterruptedError, UploadLimitedError, UploadHoldError, UploadRefusedError: it did
                not.
        """
        ...

    def find(self, submission: Submission) -> RemoteSubmission | None:
        """The submission on the target, by its parts' remote names; None when it is not there."""
        ...

    def similar(self, submission: Submission, *, known: Collection[str]) -> RemoteSubmission | None:
        """A submission on the target that may be this one, by titles; None when there is none.

        One with the same title is told in any case, for the target may refuse a second: whether
        its parts are ours too, `part_titles` says. `known` are remote names of the parts that our
        records know to be published: they belong to other submissions of ours.
        """
        ...
