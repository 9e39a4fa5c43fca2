"""The life of a submission, as pure transitions.

    draft -> queued -> uploading -> submitting -> published
               ^          |   ^         |
               |          v   |         v
               +------- held / failed <-+

`held` needs the human (captcha, log-in, an outcome that nobody could find out); `failed` is
refused for good or out of attempts. Both go back to `queued` when the human says so, and keep
every part that was uploaded.
"""

from collections.abc import Mapping
from typing import Literal, get_args

from utawaku.library.errors import UtawakuError

SubmissionState = Literal[
    "draft", "queued", "uploading", "submitting", "published", "held", "failed"
]
PartState = Literal["waiting", "uploading", "uploaded", "failed"]
STATES: tuple[SubmissionState, ...] = get_args(SubmissionState)

TRANSITIONS: Mapping[SubmissionState, frozenset[SubmissionState]] = {
    "draft": frozenset({"queued"}),
    "queued": frozenset({"uploading", "held", "failed", "draft"}),
    "uploading": frozenset({"queued", "submitting", "held", "failed"}),
    "submitting": frozenset({"queued", "published", "held", "failed"}),
    "held": frozenset({"queued", "draft", "published"}),
    "failed": frozenset({"queued", "draft"}),
    "published": frozenset(),
}
"""The place where each state may go. `held -> published`: the human found it on the site."""

ACTIVE: frozenset[SubmissionState] = frozenset({"queued", "uploading", "submitting"})
"""States that the queue works on; the latter two mean that an earlier run was cut short."""


class StateError(UtawakuError):
    """A submission cannot go from where it is to where it was asked to go."""


def check_move(old: SubmissionState, new: SubmissionState, *, subject: str = "") -> None:
    """Allow a step of the state machine.

    Raises:
        StateError: the machine has no such step.
    """
    if new != old and new not in TRANSITIONS[old]:
        choices = ", ".join(sorted(TRANSITIONS[old])) or "nowhere: it is finished"
        raise StateError(
            f"a submission that is {old} cannot become {new}",
            subject=subject,
            next_step=f"It can go to: {choices}",
        )
