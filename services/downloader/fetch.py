"""The client for recordings: looks at addresses, lists channels, fetches, takes in files."""

import errno
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from utawaku.library.errors import DownloadError
from utawaku.library.progress import Progress, part, silent
from utawaku.services.downloader.download_spacing import FetchTimes, FetchTimesInMemory, Pace
from utawaku.services.downloader.extract import look, require_something, typed_info
from utawaku.services.downloader.failures import cancelled, disk_full
from utawaku.services.downloader.formats import chooser
from utawaku.services.downloader.info import StreamInfo
from utawaku.services.downloader.job import Job, Want
from utawaku.services.downloader.listing import ChannelListing, ListState, read_channel
from utawaku.services.downloader.local import TakeMode, take_file
from utawaku.services.downloader.partial_download import Stage
from utawaku.services.downloader.redaction import without_secrets
from utawaku.services.downloader.result import FetchedRecording, read_finished
from utawaku.services.downloader.tuning import Tuning

if TYPE_CHECKING:
    from utawaku.library.config import DownloadSettings
    from utawaku.services.downloader.session import Session


class Downloader:
    """Looks at addresses and fetches recordings, one at a time and gently.

    `times` lets the pause between downloads hold across processes. `cancelled` is asked several
    times a second while data flows, and between requests; when it says True the running call raises
    DownloadCancelledError and what was fetched stays for the next time.
    """

    def __init__(
        self,
        settings: "DownloadSettings | None" = None,
        *,
        tuning: Tuning | None = None,
        times: FetchTimes | None = None,
    ) -> None:
        if settings is None:
            from utawaku.library.config import DownloadSettings  # brings pydantic, slow to import

            settings = DownloadSettings()
        self.settings = settings
        self.tuning = tuning or Tuning()
        self._pace = Pace(self.settings.sleep_s, times or FetchTimesInMemory())

    @classmethod
    def from_settings(
        cls, settings: "DownloadSettings", *, times: FetchTimes | None = None
    ) -> "Downloader":
        """Return a downloader as the user's settings want it."""
        return cls(settings, times=times)

    def resolve(
        self, url: str, *, max_entries: int = 500, cancelled: Callable[[], bool] | None = None
    ) -> StreamInfo:
        """Look at `url` without fetching media: what it is, or which streams it lists.

        A live, upcoming or still processing stream is no error here: see `live_status`. A list
        comes with its first `max_entries` entries. An address that names both a stream and a list
        that it stands in means the stream.

        Raises BotCheckError, RateLimitedError, GeoBlockedError, PrivateStreamError,
        StreamGoneError, UnsupportedSiteError, NetworkError, ConfigError, DownloadError.
        """
        check = _checker(url, cancelled)
        with self._session(url, check, {"playlistend": max_entries}) as session:
            info = look(session, url)
            if info.get("_type") not in ("playlist", "multi_video"):
                require_something(session, url, info)
            return typed_info(url, info)

    def list_channel(
        self,
        url: str,
        *,
        limit: int = 30,
        start: int = 0,
        known: Collection[str] = (),
        overlap: int = 5,
        before: ListState | None = None,
        whole_limit: int = 2_000,
        cancelled: Callable[[], bool] | None = None,
    ) -> ChannelListing:
        """List the newest streams of a channel, playlist, feed or search (`ytsearch20:words`).

        The first page costs one request (the front page of a YouTube channel two: its live and its
        video tab), each further page one; streams themselves are not asked. At most `limit` entries
        a tab are read, from position `start`. Reading stops early after `overlap` entries in a row
        whose `stream_id` is in `known`: what is older is known too. (Put there what earlier
        listings gave: a Bilibili video of several parts is listed under an id that none of its
        parts has.) An overlap of several entries
        keeps a listing that was reordered, or a stream that was made public late, from being
        missed; a full look now and then (`known` empty, `limit` large) finds the rest.

        A playlist may grow at its end. `before` is the `state` of the last listing: where the site
        now tells another length or another day of change, up to `whole_limit` entries are read,
        until all that are new were found.

        Raises what `resolve` raises. A listing that breaks off in the middle raises too: half a
        listing must not move a cursor.
        """
        check = _checker(url, cancelled)
        options = {"playliststart": start + 1, "playlistend": start + limit}
        with self._session(url, check, options) as session:
            return read_channel(session, url, known, overlap, before, start + whole_limit)

    def fetch(
        self,
        url_or_info: str | StreamInfo,
        folder: Path,
        *,
        want: Want | None = None,
        with_comments: bool | None = None,
        with_live_chat: bool | None = None,
        accept_incomplete: bool = False,
        force: bool = False,
        track: str | None = None,
        progress: Progress = silent,
        cancelled: Callable[[], bool] | None = None,
    ) -> FetchedRecording:
        """Fetch the whole recording of one stream, and what comes with it, into `folder`.

        `audio` is the best audio as the site has it, byte for byte; `video` is the best picture up
        to `settings.max_height` with the best audio, put into one file without an ffmpeg binary.
        Arguments left at None follow the settings. The folder gets `recording.<ext>`, `info.json`,
        `thumbnail.<ext>`, `comments.json` and `live_chat.<ext>`; while it grows everything lies in
        the hidden folder `.fetching`, from which an interrupted download resumes, also in another
        process. A folder that holds the finished recording is returned at once unless `force`.
        Where the site offers several languages, that of `track` is fetched.

        A stream that is live, upcoming or still processed by the site, or whose archive is shorter
        than its page says, raises StillProcessingError; `accept_incomplete` takes what there is
        of one that is over (for when waiting was long enough).

        Raises what `resolve` raises, and StillProcessingError, NoAudioError, DiskFullError,
        DownloadCancelledError.
        """
        url = url_or_info if isinstance(url_or_info, str) else url_or_info.url
        wanted: Want = want or self.settings.want
        expected = None if isinstance(url_or_info, str) else url_or_info.stream_id
        check = _checker(url, cancelled)
        check()
        progress = _rising(progress)
        if not force and (done := read_finished(folder, url, expected, wanted)) is not None:
            progress(1.0, "there already")
            return done
        comments = self.settings.comments if with_comments is None else with_comments
        chat = self.settings.live_chat if with_live_chat is None else with_live_chat
        folder.mkdir(parents=True, exist_ok=True)
        options = {
            "format": chooser(wanted, self.settings.max_height, _language(self.settings, track)),
            "getcomments": comments,
            # Bilibili tells where its chat is only when subtitles are wanted; YouTube tells it
            # anyway and would be asked for more.
            "writesubtitles": chat and not _is_youtube(url),
            "subtitleslangs": ["danmaku"],
        }
        stage = Stage(folder)
        with (
            _typed_os_errors(url),
            stage.held(without_secrets(url)),
            self._session(url, check, options) as session,
        ):
            job = Job(
                self.tuning,
                self._pace,
                session,
                stage,
                url,
                expected,
                wanted,
                accept_incomplete,
                check,
            )
            media, probed, info = job.media(part(progress, 0.0, 0.92))
            return job.finish(media, probed, info, comments, chat, part(progress, 0.92, 1.0))

    def take_file(
        self,
        path: str | Path,
        folder: Path,
        *,
        mode: TakeMode | None = None,
        progress: Progress = silent,
        cancelled: Callable[[], bool] | None = None,
    ) -> FetchedRecording:
        """Take in a local file; see `utawaku.services.downloader.local.take_file`."""
        return take_file(
            path,
            folder,
            mode=mode or self.settings.local_files,
            progress=progress,
            check=_checker(str(path), cancelled),
        )

    @contextmanager
    def _session(
        self, url: str, check: Callable[[], None], options: dict[str, Any]
    ) -> Iterator["Session"]:
        from utawaku.services.downloader.session import Session

        if _names_stream_and_list(url):
            options = {**options, "noplaylist": True}
        with Session(self.settings, self.tuning, options=options, check=check, url=url) as session:
            yield session


def _language(settings: "DownloadSettings", track: str | None) -> str:
    """Return the language that a choice of sound track names; empty for a number."""
    wanted = settings.track if track is None else track
    return "" if wanted.isdecimal() else wanted


def _names_stream_and_list(url: str) -> bool:
    """`watch?v=...&list=...`: the user means the stream, not the mix that it was found in."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    return "list" in query and ("v" in query or parts.hostname == "youtu.be")


def _is_youtube(url: str) -> bool:
    host = f".{urlsplit(url).hostname}"
    return host.endswith((".youtube.com", ".youtu.be", ".youtube-nocookie.com"))


def _rising(progress: Progress) -> Progress:
    """Never report less than before: a second attempt must not make the bar run backwards."""
    highest = 0.0

    def report(fraction: float, message: str) -> None:
        nonlocal highest
        highest = max(highest, fraction)
        progress(highest, message)

    return report


def _checker(url: str, is_cancelled: Callable[[], bool] | None) -> Callable[[], None]:
    def check() -> None:
        if is_cancelled is not None and is_cancelled():
            raise cancelled(url)

    return check


@contextmanager
def _typed_os_errors(url: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise disk_full(url) from error
        raise DownloadError(
            f"the recording cannot be written ({error.strerror or error})",
            subject=without_secrets(url),
            next_step="Check that the library folder can be written to",
        ) from error
