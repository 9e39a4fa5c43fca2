"""Accounts: log-in, renewal, and the cookie files that nobody else may read.

Each account is one file `<name>.json` (0600) in one folder (0700), in biliup's format, so that
biliup can use it too. What is in them is never logged and never part of a message.
"""

import json
import re
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from utawaku.library.errors import (
    LoginExpiredError,
    NotFoundError,
    UploadError,
    UploadInterruptedError,
)
from utawaku.library.extras import needing
from utawaku.library.files import atomic_path

WARN_BEFORE_S = 7 * 86400.0
"""A log-in that ends sooner than this is renewed, or told of, before a batch."""
_NAME = re.compile(r"^[A-Za-z0-9_-]{1,64}$")
_SCANNED, _EXPIRED = "86090", "86038"
_CODE_LIVES_S = 180.0


@dataclass(frozen=True, slots=True)
class AccountState:
    """The state of an account, known without asking the site."""

    name: str
    mid: str
    """The member number on the site."""
    expires_at: float | None
    """The time when the first needed cookie ends."""
    problem: str = ""
    """The reason why it cannot be used as it is; empty when it can."""

    def expires_soon(self, now: float) -> bool:
        """Return whether it ends within a week."""
        return self.expires_at is not None and self.expires_at - now < WARN_BEFORE_S


class Accounts:
    """The accounts in one folder."""

    def __init__(self, folder: Path, next_step: str = "utawaku login") -> None:
        """Use a folder; `next_step` is told where an account is not there."""
        self.folder = folder
        self._next_step = next_step

    # Looking -------------------------------------------------------------------------------

    def names(self) -> list[str]:
        """All accounts, by name."""
        return sorted(path.stem for path in self.folder.glob("*.json") if _NAME.match(path.stem))

    def path(self, name: str) -> Path:
        """The cookie file of an account.

        Raises:
            UploadError: that is no possible name.
        """
        if not _NAME.match(name):
            raise UploadError(
                "is no name for an account",
                subject=name,
                next_step="Use up to 64 letters, digits, - and _",
            )
        return self.folder / f"{name}.json"

    def record(self, name: str) -> dict[str, Any]:
        """The log-in record of an account. Its permissions are mended first where they are lax.

        Raises:
            NotFoundError: there is no such account.
            LoginExpiredError: its file is damaged.
        """
        path = self.path(name)
        if not path.exists():
            raise NotFoundError("no such account", subject=name, next_step=self._next_step)
        _make_private(path)
        try:
            return _checked(json.loads(path.read_text("utf-8")))
        except ValueError as error:
            raise LoginExpiredError(
                "the cookie file is damaged", subject=name, next_step=f"utawaku login {name}"
            ) from error

    def state(self, name: str) -> AccountState:
        """Return what the file says."""
        try:
            record = self.record(name)
        except LoginExpiredError as error:
            return AccountState(name, "", None, error.problem)
        cookies = {cookie["name"]: cookie for cookie in record["cookie_info"]["cookies"]}
        ends = [
            float(cookies[key]["expires"])
            for key in ("SESSDATA", "bili_jct")
            if cookies[key].get("expires")
        ]
        expires_at = min(ends, default=None)
        ended = expires_at is not None and expires_at <= time.time()
        mid = str(cookies.get("DedeUserID", {}).get("value", ""))
        return AccountState(name, mid, expires_at, "the log-in has ended" if ended else "")

    # Logging in ----------------------------------------------------------------------------

    def log_in_by_qr(
        self, name: str, show: Callable[[str], None], *, timeout_s: float = _CODE_LIVES_S
    ) -> AccountState:
        """Log in by a code that the site's app scans; `show` gets its address.

        biliup's poll gives up when the code is scanned but not yet confirmed (86090): it is
        called again with the same code until that is confirmed, or has expired.

        Raises:
            LoginExpiredError: the code expired.
            UploadInterruptedError: the site cannot be reached.
        """
        stream_gears = _stream_gears()
        path = self.path(name)
        with _biliup_errors("the log-in code could not be fetched"):
            ticket = stream_gears.get_qrcode()
        try:
            show(json.loads(ticket)["data"]["url"])
        except (ValueError, LookupError, TypeError) as error:
            raise UploadInterruptedError("the site gave no log-in code") from error
        ends = time.monotonic() + timeout_s
        while True:
            try:
                answer = stream_gears.login_by_qrcode(ticket)
                break
            except stream_gears.StreamGearsError as error:
                said = str(error)
                if _SCANNED in said and time.monotonic() < ends:
                    continue
                if _SCANNED in said or _EXPIRED in said:
                    raise LoginExpiredError(
                        "the code expired before it was confirmed",
                        subject=name,
                        next_step="Log in again and confirm within three minutes",
                    ) from None
                # The message may quote the answer, and the answer may hold secrets.
                raise UploadInterruptedError("the log-in broke off", subject=name) from None
        self._keep(path, json.loads(answer))
        return self.state(name)

    def log_in_by_file(self, name: str, source: Path) -> AccountState:
        """Take over cookies: biliup's JSON, or a browser's Netscape `cookies.txt`.

        Browser cookies are traded for a log-in of our own (biliup's `login_by_web_cookies`).

        Raises:
            LoginExpiredError: the file holds no log-in, or one that ended.
        """
        text = source.read_text("utf-8", errors="replace")
        path = self.path(name)
        if text.lstrip().startswith("{"):
            try:
                record = _checked(json.loads(text))
            except ValueError as error:
                raise LoginExpiredError(
                    "holds no biliup log-in", subject=str(source), next_step="utawaku login"
                ) from error
            # Without it biliup validates with the wrong application key.
            record.setdefault("platform", "BiliTV")
            self._keep(path, record)
        else:
            self._trade_browser_cookies(path, _netscape(text), source)
        return self.state(name)

    def remove(self, name: str) -> None:
        """Forget an account here; the site still knows the session."""
        self.record(name)
        self.path(name).unlink()

    def ensure_ready(self, name: str) -> AccountState:
        """Before a batch: let biliup validate the log-in, and renew it where the site asks to.

        Raises:
            LoginExpiredError: the human must log in.
            UploadInterruptedError: the site cannot be reached.
        """
        stream_gears = _stream_gears()
        state, path = self.state(name), self.path(name)
        if state.problem:
            raise LoginExpiredError(
                state.problem, subject=name, next_step=f"Log in again: utawaku login {name}"
            )
        if "access_token" not in (self.record(name).get("token_info") or {}):
            return state  # browser cookies only: the site will say whether they still hold
        try:
            stream_gears.login_by_cookies(str(path))
        except stream_gears.StreamGearsError as error:
            code = re.search(r"Bilibili code (-?\d+)", str(error))
            if code is None:
                raise UploadInterruptedError(
                    "the log-in could not be checked", subject=name
                ) from None
            raise LoginExpiredError(
                f"the site does not accept this log-in ({code[1]})",
                subject=name,
                next_step=f"Log in again: utawaku login {name}",
            ) from None
        finally:
            _make_private(path)
        return self.state(name)

    # Inside --------------------------------------------------------------------------------

    def _trade_browser_cookies(self, path: Path, cookies: Mapping[str, str], source: Path) -> None:
        stream_gears = _stream_gears()
        if not {"SESSDATA", "bili_jct"} <= cookies.keys():
            raise LoginExpiredError(
                "holds no Bilibili session (SESSDATA, bili_jct)",
                subject=str(source),
                next_step="Export the cookies of bilibili.com while logged in",
            )
        self._make_folder()
        with atomic_path(path, mode=0o600) as temporary:
            with _biliup_errors("the cookies could not be traded for a log-in"):
                stream_gears.login_by_web_cookies(
                    cookies["SESSDATA"], cookies["bili_jct"], None, str(temporary)
                )
            _checked(json.loads(temporary.read_text("utf-8")))

    def _keep(self, path: Path, record: Mapping[str, Any]) -> None:
        self._make_folder()
        with atomic_path(path, mode=0o600) as temporary:
            temporary.write_text(json.dumps(record, ensure_ascii=False, indent=2), "utf-8")

    def _make_folder(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)


def _make_private(path: Path) -> None:
    """Take away what others may do with a file of secrets.

    Raises:
        UploadError: it stays readable for others, or belongs to somebody else.
    """
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        try:
            path.chmod(0o600)
        except OSError as error:
            raise UploadError(
                "others can read the cookie file, and that cannot be changed",
                subject=str(path),
                next_step="Make it yours and chmod it to 600",
            ) from error


def _checked(record: Any) -> dict[str, Any]:
    """A log-in record with the cookies that everything needs; ValueError otherwise."""
    try:
        names = {cookie["name"] for cookie in record["cookie_info"]["cookies"]}
    except (LookupError, TypeError) as error:
        raise ValueError("no cookies") from error
    if not {"SESSDATA", "bili_jct"} <= names:
        raise ValueError("no session")
    checked: dict[str, Any] = record
    return checked


def _netscape(text: str) -> dict[str, str]:
    """Cookies of bilibili.com in a browser's cookies.txt."""
    cookies = {}
    for line in text.splitlines():
        fields = line.removeprefix("#HttpOnly_").split("\t")
        if len(fields) == 7 and fields[0].lstrip(".").endswith("bilibili.com"):
            cookies[fields[5]] = fields[6].strip()
    return cookies


def _stream_gears() -> Any:
    """The module of biliup that logs in."""
    with needing("bilibili", "to log in to Bilibili"):
        import stream_gears
    return stream_gears


@contextmanager
def _biliup_errors(problem: str) -> Iterator[None]:
    stream_gears = _stream_gears()
    try:
        yield
    except stream_gears.StreamGearsError:
        # Not chained: the original text may quote what must not be shown.
        raise UploadInterruptedError(problem, next_step="Try again") from None
