"""The tree of every error that a user can meet, and the exit codes that follow from it.

A message says what failed, on what, and what the user can do next::

    UtawakuError
    +- StoppedError                 the user stopped it
    +- ConfigError                  a setting is wrong
    |  +- ExtraMissingError         an optional part of the installation is missing
    +- CatalogueError               the database cannot be used
    |  +- CatalogueLockedError      another writer holds it too long
    |  +- CatalogueTooNewError      made by a newer utawaku
    |  +- CatalogueFullError        the disk that it lies on is full
    |  +- LeaseLostError            this program was away too long: another one does its work
    +- LibraryFileError             a file of the library cannot be named, moved or restored
    +- StreamBusyError              another program works on the stream
    +- UsageError                   the command was called wrongly
    +- NotFoundError                no such stream, song, channel, ...
    +- QueryError                   a search cannot be understood (knows the position)
    +- RequestError                 a stored request cannot be read by this version
    +- MediaError                   a file cannot be used as media
    |  +- NotMediaError             no container FFmpeg knows
    |  +- NoAudioError              media without an audio track
    |  +- TruncatedMediaError       ends before it should
    |  +- EncodeError               writing audio or video failed
    |  +- TagError                  tags cannot be written or read back
    +- DownloadError                fetching a recording failed
    |  +- BotCheckError             the site wants proof of a human
    |  +- RateLimitedError          HTTP 429 and its kin (knows when to come back)
    |  +- GeoBlockedError           not available in this country
    |  +- PrivateStreamError        private, members only, log-in needed
    |  +- StillProcessingError      live, upcoming, or the archive is not complete yet
    |  +- StreamGoneError           removed or never there
    |  +- MediaMissingError         the page is there, its media are not (yet, or for now)
    |  +- UnsupportedSiteError      no extractor knows the address
    |  +- NetworkError              no connection, or it broke too often
    |  |  +- StalledError           the server sends next to nothing
    |  +- DownloadCancelledError    the user stopped it
    +- WeightsError                 model weights
    |  +- WeightsMissingError       not here and could not be fetched
    |  +- WeightsCorruptError       wrong size, digest, shape
    +- EngineError                  an engine failed on an input
    +- RecognitionError             a label service failed
    |  +- SignatureError            a Shazam signature cannot be made or read
    |  +- FingerprintError          a fingerprint index or recording cannot be used
    |  +- SourceError               an outside source of songs and titles has no answer now
    +- SetlistError                 a setlist, chat or subtitle file cannot be read
    +- PlaylistError                a playlist cannot be made so
    +- LyricsError                  there are no lyrics of a song
    +- UploadError                  a submission failed
    |  +- UploadInterruptedError    broke off; nothing was decided, trying again is safe
    |  +- UploadLimitedError        the site asks to wait (knows for how long)
    |  +- UploadHoldError           the site wants a human; the whole queue rests
    |  |  +- LoginExpiredError      the account is logged out
    |  +- UploadRefusedError        refused for good (knows the site's code)
    |  |  +- DuplicateTitleError    the site has this title already
    |  +- OutcomeUnknownError       sent, but nobody answered: look it up before sending again
    |  +- AlreadyThereError         the target has what looks like this submission already
    |  +- SongTakenError            a song is in another open submission of the target
    +- EditError                    songs cannot be placed so
    +- DiskFullError                no space left for what is to be written
    +- CheckFailedError             what was made is wrong, and nothing is made from it
"""

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of the command line."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    """Wrong usage, query or input file."""
    BAD_MEDIA = 3
    """Not media, or a file that cannot be opened."""
    NOT_FOUND = 4
    DOWNLOAD = 5
    WEIGHTS = 6
    DISK_FULL = 7
    UPLOAD_HELD = 8
    """The upload queue waits for the user."""
    NO_SOUND = 9
    """Media without a sound track, or without the one that was asked for."""
    DAMAGED = 10
    """Everything was made, but packets could not be decoded: silence stands for them."""
    CUT_OFF = 11
    """Everything was made of what is there; the recording ends before its header says."""
    UNPLAYABLE = 12
    """So damaged or cut off that nothing of it can be played: fetch it again."""
    STOPPED = 130
    """Ctrl-C."""


_LOSSES = (ExitCode.DAMAGED, ExitCode.CUT_OFF)
"""Codes of work that was done, of a recording that lacks something."""


def exit_code_of(codes: Iterable[int]) -> int:
    """Return the exit code of a batch: that of its failures, 1 where they differ.

    Where nothing failed, it says whether a recording is cut off, else whether one is damaged.
    """
    found = {int(code) for code in codes}
    failures = found - {ExitCode.DONE, *_LOSSES}
    if failures:
        return failures.pop() if len(failures) == 1 else ExitCode.FAILED
    return max(found, default=ExitCode.DONE)


class UtawakuError(Exception):
    """Base of the tree.

    `problem` says what failed, `subject` on what (a file, URL, song), `next_step` what to do.
    """

    exit_code: int = ExitCode.FAILED

    def __init__(self, problem: str, *, subject: str = "", next_step: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.subject = subject
        self.next_step = next_step

    def __str__(self) -> str:
        text = f"{self.subject}: {self.problem}" if self.subject else self.problem
        return f"{text}. {self.next_step}" if self.next_step else text


class StoppedError(UtawakuError):
    """The user stopped it (Ctrl-C)."""

    exit_code = ExitCode.STOPPED


class ConfigError(UtawakuError):
    """A setting is wrong."""


class ExtraMissingError(ConfigError):
    """An optional part of the installation is missing (`library.extras`)."""


class CatalogueError(UtawakuError):
    """The catalogue cannot be used."""


class CatalogueLockedError(CatalogueError):
    """Another writer holds the catalogue for longer than the busy timeout."""


class CatalogueTooNewError(CatalogueError):
    """The catalogue was made by a newer version of utawaku."""


class LibraryFileError(UtawakuError):
    """A file of the library cannot be named, moved or restored."""


class StreamBusyError(UtawakuError):
    """Another program works on the stream."""


class UsageError(UtawakuError):
    """A command was given a value that it does not know."""

    exit_code = ExitCode.USAGE


class NotFoundError(UtawakuError):
    """The named thing is not in the catalogue."""

    exit_code = ExitCode.NOT_FOUND


class QueryError(UtawakuError):
    """A search text cannot be understood; `position` is the 0-based offset of the culprit."""

    exit_code = ExitCode.USAGE

    def __init__(
        self, problem: str, *, subject: str = "", next_step: str = "", position: int = 0
    ) -> None:
        super().__init__(problem, subject=subject, next_step=next_step)
        self.position = position


class RequestError(UtawakuError):
    """A stored request is of a kind or has arguments that this version cannot read."""


class MediaError(UtawakuError):
    """A file cannot be used as media."""

    exit_code = ExitCode.BAD_MEDIA


class NotMediaError(MediaError):
    """No container FFmpeg knows."""


class NoAudioError(MediaError):
    """The media has no audio track, or not the one that was asked for."""

    exit_code = ExitCode.NO_SOUND


class TruncatedMediaError(MediaError):
    """The media ends before it should."""

    exit_code = ExitCode.UNPLAYABLE


class EncodeError(MediaError):
    """Audio or video could not be written."""


class TagError(MediaError):
    """Tags could not be written, or did not read back."""


class DownloadError(UtawakuError):
    """A recording could not be fetched."""

    exit_code = ExitCode.DOWNLOAD


class BotCheckError(DownloadError):
    """The site asks for proof of a human."""


class RateLimitedError(DownloadError):
    """The site asks to slow down; `retry_after_s` says for how long where it is known."""

    def __init__(
        self,
        problem: str,
        *,
        subject: str = "",
        next_step: str = "",
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(problem, subject=subject, next_step=next_step)
        self.retry_after_s = retry_after_s


class GeoBlockedError(DownloadError):
    """Not available from this country."""


class PrivateStreamError(DownloadError):
    """Private, for members only, or behind a log-in."""


class StillProcessingError(DownloadError):
    """Live, upcoming, or not yet a complete archive."""


class StreamGoneError(DownloadError):
    """Removed, or never there."""


class MediaMissingError(DownloadError):
    """The page is fine, but its media answer 404 or 410."""


class UnsupportedSiteError(DownloadError):
    """No extractor knows the address."""


class NetworkError(DownloadError):
    """No connection, or one that broke too often."""


class StalledError(NetworkError):
    """The site takes connections and sends next to nothing."""


class WeightsError(UtawakuError):
    """Something is wrong with model weights."""

    exit_code = ExitCode.WEIGHTS


class WeightsMissingError(WeightsError):
    """Weights are not here and could not be fetched."""


class WeightsCorruptError(WeightsError):
    """Weights have the wrong size, digest or shape."""


class EngineError(UtawakuError):
    """An engine failed on an input."""


class RecognitionError(UtawakuError):
    """A label service failed."""


class SignatureError(RecognitionError):
    """A Shazam signature cannot be made, or is not one."""


class FingerprintError(RecognitionError):
    """A fingerprint index cannot be used, or audio cannot be fingerprinted."""


class SourceError(RecognitionError):
    """An outside source of songs and titles (Holodex, MusicBrainz, ...) has no answer now."""


class SetlistError(UtawakuError):
    """A setlist, chat or subtitle file cannot be read."""

    exit_code = ExitCode.USAGE


class LyricsError(UtawakuError):
    """There are no lyrics of a song, or no file to keep them with."""

    exit_code = ExitCode.USAGE


class PlaylistError(UtawakuError):
    """A playlist cannot be made as it was asked for."""


class UploadError(UtawakuError):
    """A submission failed."""


class DownloadCancelledError(DownloadError):
    """A download was stopped on request; what was fetched is kept."""

    exit_code = ExitCode.STOPPED


class DiskFullError(UtawakuError):
    """No space left for what is to be written."""

    exit_code = ExitCode.DISK_FULL


class CatalogueFullError(CatalogueError):
    """No space left where the catalogue lies."""

    exit_code = ExitCode.DISK_FULL


class LeaseLostError(CatalogueError):
    """This program was not heard of for too long: its stream was given to another one."""


MAKE_ROOM = "Free some space; the same command continues"
_TOLD = (DiskFullError, CatalogueFullError)
_FULL = (errno.ENOSPC, errno.EDQUOT)
_SQLITE_FULL, _SQLITE_IO, _SQLITE_CANNOT_OPEN = 13, 10, 14
"""Primary result codes; the low byte of the extended ones."""
_NO_ROOM_BYTES = 256 * 1024
"""With less than that free, SQLite cannot even make the files that it needs beside a database."""


def is_disk_full(error: BaseException, folder: str | os.PathLike[str]) -> bool:
    """Return whether an error, or one that it came from, says that the disk is full.

    Args:
        error: any.
        folder: where the files of the trouble lie. SQLite calls a full disk an I/O error, or says
            that a file cannot be opened, where it cannot make its files beside the database.
    """
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        if isinstance(one, _TOLD) or (isinstance(one, OSError) and one.errno in _FULL):
            return True
        if isinstance(one, sqlite3.Error):
            code = getattr(one, "sqlite_errorcode", 0) & 0xFF
            if code == _SQLITE_FULL:
                return True
            if code in (_SQLITE_IO, _SQLITE_CANNOT_OPEN) and _has_no_room(folder):
                return True
        one = getattr(one, "orig", None) or one.__cause__ or one.__context__
    return False


def full_disk(
    error: BaseException, folder: str | os.PathLike[str], subject: str = ""
) -> DiskFullError | CatalogueFullError | None:
    """A full disk told as one, whatever error it came as; None for any other trouble."""
    if isinstance(error, _TOLD):
        return error
    if not is_disk_full(error, folder):
        return None
    return DiskFullError(
        "no space left on the disk", subject=subject or str(folder), next_step=MAKE_ROOM
    )


def _has_no_room(folder: str | os.PathLike[str]) -> bool:
    try:
        return shutil.disk_usage(folder).free < _NO_ROOM_BYTES
    except OSError:
        return False


def file_trouble(error: Exception, subject: str) -> UtawakuError | None:
    """Return what a file system refused, as an error with a next step; None for any other
    trouble.
    """
    if not isinstance(error, OSError) or error.errno is None:
        return None
    if isinstance(error, ConnectionError | TimeoutError):
        return None
    subject = str(error.filename) if error.filename else subject
    if error.errno in _FULL:
        return DiskFullError("no space left on the disk", subject=subject, next_step=MAKE_ROOM)
    return LibraryFileError(
        f"the library's files cannot be read or written ({error.strerror or error})",
        subject=subject,
        next_step="Check the disk and the folder's permissions, or set library_root",
    )


def refused_file(error: Exception) -> UtawakuError | None:
    """Return an error of the file system about one file, with a next step; None for any other."""
    if not isinstance(error, OSError) or not error.filename or error.errno is None:
        return None
    return UtawakuError(
        f"the file cannot be read or written ({error.strerror})",
        subject=str(error.filename),
        next_step="Give another path, or check the folder's permissions",
    )


class UploadInterruptedError(UploadError):
    """Broke off before anything was decided; trying again is safe."""


class UploadLimitedError(UploadError):
    """The target asks to wait `retry_after_s` seconds."""

    def __init__(
        self,
        problem: str,
        *,
        subject: str = "",
        next_step: str = "",
        retry_after_s: float = 30.0,
    ) -> None:
        super().__init__(problem, subject=subject, next_step=next_step)
        self.retry_after_s = retry_after_s


class UploadHoldError(UploadError):
    """The target wants a human (`code`: captcha, too_frequent, ...); the whole queue must rest."""

    exit_code = ExitCode.UPLOAD_HELD

    def __init__(
        self, problem: str, *, subject: str = "", next_step: str = "", code: str = "hold"
    ) -> None:
        super().__init__(problem, subject=subject, next_step=next_step)
        self.code = code


class LoginExpiredError(UploadHoldError):
    """The account is logged out, or its cookies do not match."""

    def __init__(self, problem: str, *, subject: str = "", next_step: str = "") -> None:
        super().__init__(problem, subject=subject, next_step=next_step, code="login")


class UploadRefusedError(UploadError):
    """Refused for good; `code` is the target's own number, 0 where it gave none."""

    def __init__(
        self, problem: str, *, subject: str = "", next_step: str = "", code: int = 0
    ) -> None:
        super().__init__(problem, subject=subject, next_step=next_step)
        self.code = code


class DuplicateTitleError(UploadRefusedError):
    """The target holds a submission of this title already."""


class OutcomeUnknownError(UploadError):
    """The request left, but its answer never came: look it up before anything is sent again."""


class AlreadyThereError(UploadError):
    """The target has what looks like this submission (`remote_id`); the human decides."""

    def __init__(
        self, problem: str, *, remote_id: str, subject: str = "", next_step: str = ""
    ) -> None:
        super().__init__(problem, subject=subject, next_step=next_step)
        self.remote_id = remote_id


class SongTakenError(UploadError):
    """A song is in another open submission of the same target."""


class EditError(UtawakuError):
    """Songs cannot be placed so: they would overlap, be empty or leave the recording."""


class CheckFailedError(UtawakuError):
    """An artefact was made, and a check that guards what follows found it wrong."""


def all_errors(base: type[UtawakuError] = UtawakuError) -> Iterator[type[UtawakuError]]:
    """Yield `base` and every class below it that this module defines, parents first."""
    if base.__module__ == __name__:
        yield base
    for child in base.__subclasses__():
        yield from all_errors(child)


def by_name(name: str) -> type[UtawakuError] | None:
    """Return the class of the tree that is called `name`, None where there is none."""
    return next((found for found in all_errors() if found.__name__ == name), None)
