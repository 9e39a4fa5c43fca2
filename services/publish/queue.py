"""Carrying submissions out, exactly once, whatever breaks.

Every fact is recorded the moment it is known: that a part is being sent, what its remote name is,
that the submit request is about to leave. So a process killed at any point leaves a record from
which the next one goes on: parts that arrived are not sent again, and a submit request whose
answer is missing is looked up on the target before anything is sent.
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from utawaku.library.catalogue import Catalogue
from utawaku.library.errors import (
    AlreadyThereError,
    DuplicateTitleError,
    OutcomeUnknownError,
    UploadError,
    UploadHoldError,
    UploadInterruptedError,
    UploadLimitedError,
    UploadRefusedError,
)
from utawaku.library.progress import Progress, part, silent
from utawaku.library.publish.preflight import (
    BILIBILI,
    OPEN,
    Limits,
    check_title_is_new,
    errors,
    proposed_title,
)
from utawaku.library.publish.quota import DAY_S, Budget
from utawaku.library.publish.records import Part, RemoteSubmission, Submission, UploadEvent
from utawaku.services.publish.protocol import SeasonKeeper, Uploader

UNREACHABLE_WAIT_S = 300.0
BOOK_EVERY_S = 1.0
SEASON_WAIT_S = 1800.0
"""Between two tries to add a published submission to its season: a review takes hours."""


@dataclass(frozen=True, slots=True)
class RetryOptions:
    """Limits of retries."""

    part_attempts: int = 5
    part_pause_s: float = 10.0
    """Before the second attempt of a part; doubles, at most five minutes."""
    part_bytes: float = 3.0
    """Bytes that a part may cost over all attempts and runs, as a multiple of its size."""
    submit_attempts: int = 3
    looks: int = 4
    """Look-ups after an unknown outcome; the site's lists lag behind."""
    look_pause_s: float = 20.0
    longest_wait_s: float = 120.0
    """Waits up to this are sat out; longer ones give the queue back."""


class VideoMaker(Protocol):
    """Makes videos for parts that have none."""

    def make(self, submission: Submission, part: Part, progress: Progress) -> Path:
        """The part's video."""
        ...

    def clear(self, submission: Submission) -> None:
        """Delete what was made for a submission that is published."""
        ...


@dataclass
class Queue:
    """Works on the submissions of one uploader's account. One at a time for each account."""

    catalogue: Catalogue
    uploader: Uploader
    budget: Budget = field(default_factory=Budget)
    retries: RetryOptions = field(default_factory=RetryOptions)
    videos: VideoMaker | None = None
    """Renders a part's video where there is none yet."""
    lock_file: Path | None = None
    """Held while working, so that two programs of this machine never send the same submission. On
    PostgreSQL the server keeps those of all machines apart, too."""
    sleep: Callable[[float], None] = time.sleep

    def run(self, submission_id: int, progress: Progress = silent) -> Submission:
        """Bring one submission as far as it goes now; the record says how far that was.

        What is wrong with one submission is recorded in it, not raised.

        Raises:
            UploadInterruptedError: another program works on this account's queue.
        """
        with self._alone():
            return self._run(submission_id, progress)

    def _run(self, submission_id: int, progress: Progress) -> Submission:
        store = self.catalogue.submissions
        submission = store.get(submission_id)
        if self._is_held():
            return submission
        if submission.waits_for_season:
            return self._place_in_season(submission)
        if submission.state not in ("queued", "uploading", "submitting"):
            return submission
        try:
            return self._carry_out(submission, progress)
        except UploadHoldError as hold:
            self._hold_queue(submission, hold)
        except UploadLimitedError as limit:
            self._rest(submission, limit.retry_after_s, str(limit))
        except UploadInterruptedError as error:
            self._give_up(submission, error, "failed")
        except AlreadyThereError as error:
            store.change(submission.id, candidate_id=error.remote_id)
            self._give_up(submission, error, "held", hold_code="already_there")
        except DuplicateTitleError as error:
            self._give_up(submission, error, "held", hold_code="same_title")
        except UploadRefusedError as error:
            self._give_up(submission, error, "failed")
        except OutcomeUnknownError as error:
            self._give_up(submission, error, "held", hold_code="unknown_outcome")
        return store.get(submission_id)

    def run_due(self, progress: Progress = silent) -> list[Submission]:
        """Work through everything that is due for this account."""
        due = self.catalogue.submissions.due(
            time.time(), target=self.uploader.target, account=self.uploader.account
        )
        return [
            self.run(submission.id, part(progress, index / len(due), (index + 1) / len(due)))
            for index, submission in enumerate(due)
        ]

    # The steps -----------------------------------------------------------------------------

    def _carry_out(self, submission: Submission, progress: Progress) -> Submission:
        try:
            self.uploader.check_ready()
        except UploadInterruptedError as error:
            raise UploadLimitedError(str(error), retry_after_s=UNREACHABLE_WAIT_S) from error
        if submission.submit_sent_at is not None:
            found = self._look_up(submission)
            if found is not None:
                return self._published(submission, found)
            self.catalogue.submissions.change(submission.id, submit_sent_at=None)
        submission = self._checked(submission)
        found = self._found_before_the_first_byte(submission)
        if found is not None:
            return self._published(submission, found)
        for index, part_ in enumerate(submission.parts):
            share = part(
                progress, index / len(submission.parts), (index + 1) / len(submission.parts)
            )
            if part_.state != "uploaded":
                self._send_part(submission, part_, share)
        # Sending takes hours, and what was fine at the start (the publication time) may be no more.
        submission = self._checked(self.catalogue.submissions.get(submission.id))
        if submission.state != "submitting":
            submission = self.catalogue.submissions.move(submission.id, "submitting")
        return self._submit(submission)

    def _checked(self, submission: Submission) -> Submission:
        """Preflight, then take it into work."""
        wrong = errors(self.uploader.preflight(submission))
        if wrong:
            told = "; ".join(
                f"{finding.subject}: {finding.message}" if finding.subject else finding.message
                for finding in wrong[:5]
            )
            raise UploadRefusedError(
                f"would be refused: {told}", next_step="Edit it, then queue again"
            )
        repeated = check_title_is_new(submission, self._titles(submission), self._limits)
        if repeated and not submission.confirmed_new:
            raise DuplicateTitleError(repeated[0].message, subject=submission.title)
        if submission.state == "queued":
            return self.catalogue.submissions.move(
                submission.id, "uploading", not_before=None, message=""
            )
        return submission

    def _found_before_the_first_byte(self, submission: Submission) -> RemoteSubmission | None:
        """Our own submission, where the target has it though our records do not say so.

        A catalogue that was restored from a backup knows nothing of what was published since.

        Raises:
            AlreadyThereError: what is there looks like ours.
            DuplicateTitleError: the title is taken by something else.
            UploadLimitedError: the target cannot be asked now.
        """
        try:
            if any(part_.remote_name for part_ in submission.parts):
                found = self.uploader.find(submission)
                if found is not None:
                    return found
            if submission.confirmed_new:
                return None
            known = self.catalogue.submissions.known_parts(submission.target, submission.account)
            candidate = self.uploader.similar(submission, known=known)
        except UploadInterruptedError as error:
            raise UploadLimitedError(str(error), retry_after_s=UNREACHABLE_WAIT_S) from error
        if candidate is None:
            return None
        ours = {part_.title for part_ in submission.parts}
        there = ours & set(candidate.unknown_titles(known))
        if 2 * len(there) < len(ours):
            raise self._same_title(submission, candidate.remote_id)
        raise AlreadyThereError(
            f"{candidate.remote_id} is there with {len(there)} of its {len(ours)} parts; "
            "our records do not know it (an older backup?)",
            remote_id=candidate.remote_id,
            subject=submission.title,
            next_step=f"If it is this one: utawaku submissions --adopt {submission.id}; "
            f"if it is another: --send-as-new {submission.id}",
        )

    def _same_title(self, submission: Submission, remote_id: str) -> DuplicateTitleError:
        proposed = proposed_title(submission, {submission.title: 0}, self._limits)
        return DuplicateTitleError(
            f"{remote_id} has this title and other parts",
            subject=submission.title,
            next_step=f"Change the title, for example to: {proposed}; or send it all the same: "
            f"utawaku submissions --send-as-new {submission.id}",
        )

    @property
    def _limits(self) -> Limits:
        return BILIBILI if self.uploader.target == "bilibili" else OPEN

    def _titles(self, submission: Submission) -> dict[str, int]:
        return self.catalogue.submissions.titles(
            submission.target, submission.account, before=submission.id
        )

    def _send_part(self, submission: Submission, part_: Part, progress: Progress) -> None:
        store = self.catalogue.submissions
        path = self._video_of(submission, part_, part(progress, 0.0, 0.3))
        progress = part(progress, 0.3, 1.0)
        size, digest = path.stat().st_size, _sha256(path)
        part_ = self._part(submission, part_.position)
        changed = digest != part_.sha256  # another file than the one that failed before
        attempts = 0 if changed else part_.attempts
        store.change_part(
            submission.id,
            part_.position,
            path=str(path),
            size_bytes=size,
            sha256=digest,
            bytes_sent=0 if changed else part_.bytes_sent,
        )
        for tried in range(self.retries.part_attempts):
            spent = self._part(submission, part_.position).bytes_sent
            if spent + size > size * self.retries.part_bytes:
                raise UploadInterruptedError(
                    f"cost {spent:,} bytes without arriving",
                    subject=part_.title,
                    next_step="Check the connection, then send it again: "
                    f"utawaku submissions --retry {submission.id}",
                )
            self._await_budget(
                self.budget.part_allowed_at(self._events(), time.time(), size), "parts"
            )
            attempts += 1
            try:
                self._attempt(submission, part_.position, attempts, progress)
            except UploadInterruptedError as error:
                store.change_part(submission.id, part_.position, state="failed", message=str(error))
                if tried + 1 == self.retries.part_attempts:
                    raise
                self.sleep(min(self.retries.part_pause_s * 2**tried, 300.0))
                continue
            except UploadError as error:
                store.change_part(
                    submission.id, part_.position, state="waiting", message=str(error)
                )
                raise
            return

    def _attempt(
        self, submission: Submission, position: int, attempt: int, progress: Progress
    ) -> None:
        """Send a part once; what has left this machine is booked as it leaves.

        Raises:
            UploadError: any of its kinds; `UploadInterruptedError` also when the file changed.
        """
        store = self.catalogue.submissions
        event = self._count(UploadEvent("part", time.time()))
        store.change_part(submission.id, position, state="uploading", attempts=attempt, message="")
        part_ = self._part(submission, position)
        meter = _Meter(lambda n_bytes: store.book_bytes(submission.id, position, event, n_bytes))
        try:
            sent = self.uploader.upload_part(
                submission, part_, attempt=attempt, progress=progress, on_sent=meter
            )
        finally:
            meter.book()
        if _sha256(Path(part_.path)) != part_.sha256:
            raise UploadRefusedError(
                "the file changed while it was sent",
                subject=part_.path,
                next_step=f"Send it again: utawaku submissions --retry {submission.id}",
            )
        store.change_part(
            submission.id,
            position,
            state="uploaded",
            remote_name=sent.remote_name,
            uploaded_at=sent.uploaded_at or time.time(),
        )

    def _part(self, submission: Submission, position: int) -> Part:
        kept = self.catalogue.submissions.get(submission.id)
        return next(part_ for part_ in kept.parts if part_.position == position)

    def _submit(self, submission: Submission) -> Submission:
        for attempt in range(1, self.retries.submit_attempts + 1):
            published = self._submit_once(
                submission, is_last=attempt == self.retries.submit_attempts
            )
            if published is not None:
                return published
        raise AssertionError("the last attempt returns or raises")

    def _submit_once(self, submission: Submission, *, is_last: bool) -> Submission | None:
        """Send a submission; None where it must be sent again.

        One decision for each kind of answer, in one place: so it can be checked that nothing is
        sent twice.
        """
        store = self.catalogue.submissions
        # Whatever the last answer was: never send twice without a look in between.
        kept = store.get(submission.id)
        remote = self._look_up(kept, looks=1) if kept.attempts else None
        if remote is not None:
            return self._published(submission, remote)
        self._await_budget(
            self.budget.submit_allowed_at(self._events(), time.time()), "submissions"
        )
        try:
            remote = self.uploader.submit(
                submission, before_send=lambda: self._mark_sent(submission)
            )
        except OutcomeUnknownError:
            remote = self._look_up(store.get(submission.id))
            if remote is None:
                if is_last:
                    raise  # still marked as sent: the next run looks it up first
                store.change(submission.id, submit_sent_at=None)
                return None
        except DuplicateTitleError:
            # Perhaps it is our own, from a request whose answer never came.
            remote = self.uploader.find(store.get(submission.id))
            if remote is None:
                store.change(submission.id, submit_sent_at=None)
                if not submission.confirmed_new:
                    self._found_before_the_first_byte(store.get(submission.id))
                raise
        except (UploadLimitedError, UploadInterruptedError) as error:
            store.change(submission.id, submit_sent_at=None)
            wait_s = self._pause_after(error)
            if is_last or wait_s > self.retries.longest_wait_s:
                raise
            self.sleep(wait_s)
            return None
        except (UploadHoldError, UploadRefusedError):
            store.change(submission.id, submit_sent_at=None)
            raise
        return self._published(submission, remote)

    def _pause_after(self, error: UploadLimitedError | UploadInterruptedError) -> float:
        """Return the seconds to wait before the submission is sent again."""
        if isinstance(error, UploadLimitedError):
            return error.retry_after_s
        return min(self.retries.part_pause_s, self.retries.longest_wait_s)

    def _look_up(self, submission: Submission, looks: int = 0) -> RemoteSubmission | None:
        """Find out whether a request without an answer worked; patient, for the lists lag.

        Raises:
            OutcomeUnknownError: nobody would say.
        """
        problem: UploadInterruptedError | None = None
        for look in range(looks or self.retries.looks):
            if look:
                self.sleep(self.retries.look_pause_s)
            try:
                found = self.uploader.find(submission)
            except UploadInterruptedError as error:
                problem = error
                continue
            problem = None
            if found is not None:
                return found
        if problem is not None:
            raise OutcomeUnknownError(
                f"was sent, and whether it arrived could not be looked up ({problem})",
                subject=submission.title,
                next_step="It will be looked up again before anything is sent",
            )
        return None

    # Recording -----------------------------------------------------------------------------

    def _mark_sent(self, submission: Submission) -> None:
        now = time.time()
        attempts = self.catalogue.submissions.get(submission.id).attempts + 1
        self._count(UploadEvent("submit", now))
        self.catalogue.submissions.change(submission.id, submit_sent_at=now, attempts=attempts)

    def _published(self, submission: Submission, remote: RemoteSubmission) -> Submission:
        store = self.catalogue.submissions
        if store.get(submission.id).state != "submitting":
            # Cut short earlier, then found on the target.
            if store.get(submission.id).state == "queued":
                store.move(submission.id, "uploading")
            store.move(submission.id, "submitting")
        published = store.move(
            submission.id,
            "published",
            remote_id=remote.remote_id,
            remote_number=remote.remote_number,
            published_at=time.time(),
            submit_sent_at=None,
            not_before=None,
            hold_code="",
            message="",
        )
        if self.videos is not None:
            self.videos.clear(published)
        return self._place_in_season(published) if published.waits_for_season else published

    def _place_in_season(self, submission: Submission) -> Submission:
        """Add what is published to its season, or note when to try again."""
        store, uploader = self.catalogue.submissions, self.uploader
        later = {"not_before": time.time() + SEASON_WAIT_S}
        done = {"season_done": True, "not_before": None}
        try:
            if not isinstance(uploader, SeasonKeeper):
                raise UploadRefusedError("has no seasons", subject=uploader.target)
            if uploader.place_in_season(submission):
                store.change(submission.id, message="", **done)
            else:
                waits = f"goes into the season {submission.season} once the site has reviewed it"
                store.change(submission.id, message=waits, **later)
        except UploadHoldError as hold:
            store.hold(uploader.target, uploader.account, hold.code, str(hold))
            store.change(submission.id, message=str(hold), **later)
        except UploadRefusedError as error:
            store.change(submission.id, message=str(error), **done)
            self.catalogue.notices.add(
                "error",
                f"“{submission.title}” was not added to the season {submission.season}",
                body=error.problem,
                next_step=error.next_step or "Add it on the site",
                stream_id=submission.stream_id,
            )
        except UploadError as error:
            store.change(submission.id, message=str(error), **later)
        return store.get(submission.id)

    def _hold_queue(self, submission: Submission, hold: UploadHoldError) -> None:
        uploader, store = self.uploader, self.catalogue.submissions
        store.hold(uploader.target, uploader.account, hold.code, str(hold))
        store.move(submission.id, "held", hold_code=hold.code, message=str(hold))
        self.catalogue.notices.add(
            "error",
            f"Uploads to {uploader.target} ({uploader.account}) are on hold",
            body=hold.problem,
            next_step=hold.next_step or "Release the queue: utawaku submissions --release",
        )

    def _rest(self, submission: Submission, wait_s: float, message: str) -> None:
        store = self.catalogue.submissions
        changes = {"not_before": time.time() + wait_s, "message": message}
        if store.get(submission.id).state == "queued":
            store.change(submission.id, **changes)
        else:
            store.move(submission.id, "queued", **changes)

    def _give_up(
        self, submission: Submission, error: UploadError, state: str, *, hold_code: str = ""
    ) -> None:
        self.catalogue.submissions.move(
            submission.id,
            "held" if state == "held" else "failed",
            hold_code=hold_code,
            message=str(error),
        )
        self.catalogue.notices.add(
            "error",
            f"Submission “{submission.title}” {state}",
            body=str(error),
            next_step=error.next_step,
            stream_id=submission.stream_id,
        )

    # Budget --------------------------------------------------------------------------------

    def _await_budget(self, allowed_at: float, what: str) -> None:
        wait_s = allowed_at - time.time()
        if wait_s <= 0:
            return
        if wait_s > self.retries.longest_wait_s:
            raise UploadLimitedError(f"the budget for {what} is spent", retry_after_s=wait_s)
        self.sleep(wait_s)

    def _events(self) -> list[UploadEvent]:
        uploader = self.uploader
        return list(
            self.catalogue.submissions.events(
                uploader.target, uploader.account, time.time() - DAY_S
            )
        )

    def _count(self, event: UploadEvent) -> int:
        return self.catalogue.submissions.record_event(
            self.uploader.target, self.uploader.account, event
        )

    def _is_held(self) -> bool:
        return any(
            hold.target == self.uploader.target and hold.account == self.uploader.account
            for hold in self.catalogue.submissions.holds()
        )

    def _video_of(self, submission: Submission, part_: Part, progress: Progress) -> Path:
        if part_.path and Path(part_.path).is_file():
            return Path(part_.path)
        if self.videos is None:
            raise UploadRefusedError("there is no video to upload", subject=part_.title)
        return self.videos.make(submission, part_, progress)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with ExitStack() as held:
            if self.lock_file is not None:
                self.lock_file.parent.mkdir(parents=True, exist_ok=True)
                try:
                    held.enter_context(FileLock(self.lock_file, timeout=0))
                except Timeout as error:
                    raise self._busy() from error
            if self.catalogue.engine.dialect.name != "sqlite":
                from utawaku.library.postgres import server_lock

                name = f"upload {self.uploader.target} {self.uploader.account}"
                if not held.enter_context(server_lock(self.catalogue.engine, name)):
                    raise self._busy()
            yield

    def _busy(self) -> UploadInterruptedError:
        return UploadInterruptedError(
            "another utawaku is uploading for this account",
            subject=self.uploader.account,
            next_step="Wait for it to finish",
        )


class _Meter:
    """Counts bytes that leave, and books them once a second: a booking costs a write to disk."""

    def __init__(self, book: Callable[[int], None]) -> None:
        self._book = book
        self._n_bytes = 0
        self._booked_at = time.monotonic()

    def __call__(self, n_bytes: int) -> None:
        self._n_bytes += n_bytes
        if time.monotonic() - self._booked_at >= BOOK_EVERY_S:
            self.book()

    def book(self) -> None:
        """Write down what is not yet."""
        if self._n_bytes:
            self._book(self._n_bytes)
        self._n_bytes, self._booked_at = 0, time.monotonic()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
