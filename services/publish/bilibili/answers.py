"""Meaning of the site's answers.

Codes as collected in biliup's issues and in the public descriptions of the API. The rule: what
asks for a human (captcha, `too frequent`, log-in) stops the queue and is never tried again by
itself; what asks to wait is waited for; what broke off is tried again; the rest is refused.
"""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from utawaku.library.errors import (
    DuplicateTitleError,
    LoginExpiredError,
    OutcomeUnknownError,
    UploadError,
    UploadHoldError,
    UploadInterruptedError,
    UploadLimitedError,
    UploadRefusedError,
)


class Step(StrEnum):
    """The requests of an upload, in order."""

    WHO_AM_I = "who am I"
    PROBE = "probe"
    LINE = "line test"
    PREUPLOAD = "preupload"
    INIT = "init"
    COMPLETE = "complete"
    COVER = "cover"
    BEFORE_SUBMIT = "before submit"
    SUBMIT = "submit"
    ARCHIVES = "list of submissions"
    VIEW = "view of a submission"
    EDIT = "edit"
    FAVOURITES = "favourites"
    SEASONS = "seasons"
    OTHER = "request"


PUBLISHING = frozenset({Step.SUBMIT, Step.EDIT})
"""Steps whose effect is public: without an answer their outcome is unknown."""

_PATHS = {
    "/x/web-interface/nav": Step.WHO_AM_I,
    "/OK": Step.LINE,
    "/x/vu/web/cover/up": Step.COVER,
    "/x/geetest/pre/add": Step.BEFORE_SUBMIT,
    "/x/vu/web/add": Step.SUBMIT,
    "/x/web/archives": Step.ARCHIVES,
    "/x/client/archive/view": Step.VIEW,
    "/x/vu/web/edit": Step.EDIT,
    "/x/web-interface/view": Step.FAVOURITES,
    "/x/v3/fav/folder/created/list-all": Step.FAVOURITES,
    "/x/v3/fav/folder/add": Step.FAVOURITES,
    "/x/v3/fav/resource/deal": Step.FAVOURITES,
    "/x2/creative/web/seasons": Step.SEASONS,
    "/x2/creative/web/season/section": Step.SEASONS,
    "/x2/creative/web/season/section/episodes/add": Step.SEASONS,
}

TOO_FAST = frozenset({406, 601})
TOO_FREQUENT = frozenset({21566, 137022})
RISK_CONTROL = frozenset({-352, -412, 412})
LOGGED_OUT = frozenset({-101, -111, -2})
WAIT = frozenset({21070, 21186, -702, -509, 429})
SAME_TITLE = 21012

_MEANINGS = {
    -400: "the request was malformed",
    21013: "a title has a forbidden character",
    21017: "a repost must name its source",
    21058: "more than 100 parts in one operation",
    21103: "the title is longer than 80 characters",
    21104: "a part's title is longer than 80 characters",
    21160: "the description is too long",
}
_LATER = "Open bilibili.com as this account, pass what it asks, then release the queue"


def step_of(path: str, query: Mapping[str, str], *, on_upload_host: bool) -> Step:
    """Return which step a request is."""
    if path == "/preupload":
        return Step.PROBE if query.get("r") == "probe" else Step.PREUPLOAD
    if path in _PATHS:
        return _PATHS[path]
    if on_upload_host:
        return Step.INIT if "uploads" in query else Step.COMPLETE
    return Step.OTHER


def parse(content: bytes) -> dict[str, Any] | None:
    """The JSON object of an answer; None when it is something else (an HTML error page)."""
    try:
        answer = json.loads(content)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def refusal_of(step: Step, status: int, answer: Mapping[str, Any] | None) -> UploadError | None:
    """The error that an answer stands for; None when the step worked.

    `status` is the HTTP status, `answer` the JSON object of the body (None: no JSON).
    """
    if step is Step.LINE:
        return (
            None if status == 200 else UploadInterruptedError(f"an upload line answered {status}")
        )
    code = _code_of(status, answer)
    message = _message_of(answer)
    if code in TOO_FAST | TOO_FREQUENT | RISK_CONTROL or _voucher(answer):
        return _hold(step, code, message, captcha=_voucher(answer))
    if code in LOGGED_OUT:
        return LoginExpiredError(
            f"the site says at the {step} step that this account is logged out ({code})",
            next_step="Log in again: utawaku login",
        )
    if code in WAIT:
        return UploadLimitedError(
            f"the site asks to wait at the {step} step ({code} {message})", retry_after_s=30.0
        )
    if status >= 500 or answer is None or (status >= 400 and step in PUBLISHING):
        what = f"HTTP {status}" if status >= 400 else "a page instead of an answer"
        return no_answer(step, what)
    if code == SAME_TITLE:
        return DuplicateTitleError(
            "the site has a submission of this title already",
            next_step="Change the title, or drop the submission",
            code=code,
        )
    if step in {Step.PROBE, Step.PREUPLOAD, Step.INIT, Step.COMPLETE}:
        return _transfer_refusal(step, status, code, message, answer)
    if status >= 400 or code != 0:
        meaning = _MEANINGS.get(code, message or f"HTTP {status}")
        return UploadRefusedError(f"refused at the {step} step ({code}): {meaning}", code=code)
    return None


def no_answer(step: Step, what: str) -> UploadError:
    """The error for a step that nobody answered properly."""
    if step in PUBLISHING:
        return OutcomeUnknownError(f"the {step} request left, but the site gave {what}")
    return UploadInterruptedError(f"the site gave {what} at the {step} step")


_NEEDED = {
    Step.PROBE: ("lines", "probe"),
    Step.PREUPLOAD: ("auth", "biz_id", "chunk_size", "endpoint", "upos_uri"),
    Step.INIT: ("upload_id",),
    Step.COMPLETE: (),
}


def _transfer_refusal(
    step: Step, status: int, code: int, message: str, answer: Mapping[str, Any]
) -> UploadError | None:
    """Refusals while a file is sent: another line may take it, so they are interruptions."""
    missing = [name for name in _NEEDED[step] if name not in answer]
    if status == 200 and code == 0 and answer.get("OK", 1) == 1 and not missing:
        return None
    return UploadInterruptedError(
        f"the upload line refused the {step} step ({code or status} {message})"
    )


def _code_of(status: int, answer: Mapping[str, Any] | None) -> int:
    code = answer.get("code", 0) if answer else 0
    if isinstance(code, int) and code:
        return code
    return status if status in TOO_FAST | RISK_CONTROL | WAIT else 0


def _message_of(answer: Mapping[str, Any] | None) -> str:
    if not answer:
        return ""
    text = str(answer.get("message") or answer.get("info") or "")
    return "".join(char for char in text if char.isprintable())[:200]


def _voucher(answer: Mapping[str, Any] | None) -> bool:
    """Return whether the site hands out a captcha to solve."""
    places = [answer.get("detail"), answer.get("data"), answer] if answer else []
    return any(isinstance(place, Mapping) and place.get("v_voucher") for place in places)


def _hold(step: Step, code: int, message: str, *, captcha: bool) -> UploadHoldError:
    kind = (
        "captcha" if captcha
        else "too_fast" if code in TOO_FAST
        else "too_frequent" if code in TOO_FREQUENT
        else "risk_control"
    )  # fmt: skip
    return UploadHoldError(
        f"the site stopped this account at the {step} step ({code} {message})",
        next_step=_LATER,
        code=kind,
    )
