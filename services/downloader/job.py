"""One fetch: look at the page, download, verify, put together, publish."""

import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from utawaku.library.errors import (
    DownloadError,
    EncodeError,
    MediaError,
    MediaMissingError,
    NetworkError,
    NoAudioError,
    StillProcessingError,
    StreamGoneError,
    UtawakuError,
)
from utawaku.library.progress import Progress, part
from utawaku.media.joined_mp4 import rewrite_if_mixed
from utawaku.media.lengths import counted_s
from utawaku.services.downloader.container import Probe, ends_early, fitting_extension, probe, remux
from utawaku.services.downloader.download_spacing import Pace
from utawaku.services.downloader.extract import (
    NOT_OVER,
    chosen_formats,
    look,
    require_something,
    typed_info,
)
from utawaku.services.downloader.failures import classify, disk_full
from utawaku.services.downloader.info import StreamInfo, keepable_info
from utawaku.services.downloader.meter import Meter
from utawaku.services.downloader.partial_download import Stage
from utawaku.services.downloader.redaction import without_secrets
from utawaku.services.downloader.result import FetchedRecording, read_finished, write_json
from utawaku.services.downloader.resume import PartRefusedError, ResumeGuard, settle_refused
from utawaku.services.downloader.tuning import Tuning

if TYPE_CHECKING:
    from utawaku.services.downloader.session import Session

Want = Literal["audio", "video"]

_SPARE_BYTES = 64 * 1024 * 1024
_EXPIRED = frozenset({403, 404, 410})
_ONE_FILE = (None, "", "http", "https")
"""Protocols that fetch a format as one file, by Range."""
_MAX_RESTARTS = 3


class Job:
    """One fetch: look, download, verify, put together, publish."""

    def __init__(
        self,
        tuning: Tuning,
        pace: Pace,
        session: "Session",
        stage: Stage,
        url: str,
        expected_id: str | None,
        want: Want,
        accept_incomplete: bool,
        check: Callable[[], None],
    ) -> None:
        self._tuning = tuning
        self._pace = pace
        self._session = session
        self._stage = stage
        self._url = url
        self._expected_id = expected_id
        self._want = want
        self._accept_incomplete = accept_incomplete
        self._check = check
        self._warnings: list[str] = []
        self._counted_s = 0.0
        """Length by decoding, where the container only guesses it."""
        self._is_raw = False
        """The pieces of the site could not be put into another container."""

    def media(self, progress: Progress) -> tuple[Path, Probe, dict[str, Any]]:
        """Return the verified media file in the stage, what it holds, and the page's info."""
        progress(0.0, "looking at the page")
        info = self._look()
        site = str(info.get("extractor_key") or "the site").lower()
        self._pace.wait(site, progress, self._check)
        try:
            files, resumed, info = self._download(info, progress)
            try:
                media, probed = self._verified(files, info, progress)
            except (MediaError, NetworkError):
                if not resumed:
                    raise
                # The old part and the new rest do not fit together: once more from the start.
                self._stage.clear_media()
                files, _, info = self._download(info, progress)
                media, probed = self._verified(files, info, progress)
        finally:
            self._pace.fetched(site)
        return media, probed, info

    def finish(
        self,
        media: Path,
        probed: Probe,
        info: dict[str, Any],
        comments: bool,
        chat: bool,
        progress: Progress,
    ) -> FetchedRecording:
        """Fetch the extras, write info.json and move everything into place."""
        from utawaku.services.downloader.extras import Extras

        extras = Extras(self._session, self._tuning, self._stage.path, self._url)
        progress(0.0, "fetching the thumbnail")
        extras.thumbnail(info)
        if comments:
            progress(0.2, "fetching comments")
            extras.comments(info)
        if chat:
            progress(0.5, "fetching the live chat")
            extras.live_chat(info)
        self._check()
        typed = typed_info(self._url, info)
        kept = keepable_info(info, typed.stream_id)
        kept["utawaku_requested_url"] = without_secrets(self._url)
        kept["utawaku_wanted"] = self._want
        if self._counted_s:
            kept["utawaku_counted_s"] = self._counted_s
        kept["utawaku_warnings"] = [*self._warnings, *extras.warnings]
        write_json(self._stage.path / "info.json", kept)
        names = {name: name for name in ("info.json", *extras.names.values())}
        self._stage.publish(names, media)
        done = read_finished(self._stage.folder, self._url, typed.stream_id, self._want)
        if done is None:
            raise DownloadError(
                "the finished recording vanished while it was put into place",
                subject=str(self._stage.folder),
                next_step="Check that nothing else writes to this folder and try again",
            )
        progress(1.0, "done")
        return done.fresh()

    def _look(self) -> dict[str, Any]:
        """Ask the page; refuse what is no complete single stream with media."""
        self._session.late_extractors.clear()
        info = look(self._session, self._url)
        subject = without_secrets(self._url)
        if info.get("_type") in ("playlist", "multi_video"):
            raise DownloadError(
                f"a list of {len(info.get('entries') or ())} streams, not one stream",
                subject=subject,
                next_step="Fetch its entries one by one",
            )
        typed = typed_info(self._url, info)
        if self._expected_id is not None and typed.stream_id != self._expected_id:
            raise DownloadError(
                f"the address leads to another stream now ({typed.stream_id})",
                subject=subject,
                next_step="Look at it again and add it as what it is now",
            )
        self._refuse_unfinished(typed)
        require_something(self._session, self._url, info)
        if not chosen_formats(info):
            raise classify(
                self._url,
                None,
                http_failures=self._session.http_failures,
                messages=self._session.log.messages,
            )
        return info

    def _refuse_unfinished(self, typed: StreamInfo) -> None:
        status = typed.live_status
        if status not in NOT_OVER or (status == "post_live" and self._accept_incomplete):
            return
        problem = {
            "is_live": "it is live right now",
            "is_upcoming": "it has not begun yet",
            "post_live": "the broadcast is over but the site still processes the archive",
        }[str(status)]
        raise StillProcessingError(
            problem,
            subject=without_secrets(self._url),
            next_step="Try again when the archive is complete",
        )

    def _download(
        self, info: dict[str, Any], progress: Progress
    ) -> tuple[list[Path], bool, dict[str, Any]]:
        """Fetch the media, asking the page for fresh addresses when the old ones fail.

        Returns the files, whether anything was resumed, and the info that was used last.
        """
        resumed = False
        for attempt in range(self._tuning.refreshes + 1):
            last = attempt == self._tuning.refreshes
            formats = chosen_formats(info)
            files = self._stage.media(_plan(info, formats))
            resumed = resumed or any(_part(path).exists() or path.exists() for path in files)
            self._require_space(formats, files)
            self._session.params["throttledratelimit"] = 0 if last else self._throttled()
            n_failures = len(self._session.http_failures)
            try:
                for number, (one, path) in enumerate(zip(formats, files, strict=True)):
                    share = part(progress, number / len(files), (number + 1) / len(files))
                    self._download_one(info, one, path, share)
                return files, resumed, info
            except Exception as error:
                if last or not _worth_refreshing(error):
                    failures = self._session.http_failures[n_failures:]
                    messages = list(self._session.log.messages)[-20:]
                    raise _of_media(
                        classify(self._url, error, http_failures=failures, messages=messages)
                    ) from error
                progress(0.0, "asking the page for fresh addresses")
                info = self._look()
        raise AssertionError("the last attempt returns or raises")

    def _download_one(
        self, info: Mapping[str, Any], one: Mapping[str, Any], path: Path, progress: Progress
    ) -> None:
        meter = Meter(progress, self._check, one)
        guard = self._session.stall_guard
        self._session._progress_hooks = [meter, guard.flowed]
        merged = {key: value for key, value in info.items() if key != "requested_formats"}
        merged.update(one)
        n_failures = len(self._session.http_failures)
        with guard.together():
            complete = self._fetch_media(merged, path)
        if not complete or not path.exists():
            raise classify(
                self._url,
                None,
                http_failures=self._session.http_failures[n_failures:],
                messages=self._session.log.messages,
            )

    def _fetch_media(self, info: dict[str, Any], path: Path) -> bool:
        """Let yt-dlp fetch one file; a part that the site refuses to continue is begun again."""
        if info.get("protocol") in _ONE_FILE:
            self._session.resume_guard = ResumeGuard(
                lambda: self._stage.validators(path),
                lambda validators: self._stage.keep_validators(path, validators),
            )
        try:
            for _ in range(_MAX_RESTARTS + 1):
                try:
                    answer = self._session.dl(str(path), info)
                except PartRefusedError as refused:
                    if settle_refused(_part(path), path, refused.total_bytes):
                        return True
                    continue
                return bool(answer[0] if isinstance(answer, tuple) else answer)
        finally:
            self._session.resume_guard = None
        raise NetworkError(
            f"the file changed {_MAX_RESTARTS} times while it was fetched",
            subject=without_secrets(self._url),
            next_step="Try again later, when the site has settled on one file",
        )

    def _throttled(self) -> float:
        """The speed that tells of throttling; what the user limits it to is none."""
        own_limit = self._session.params.get("ratelimit") or float("inf")
        return min(self._tuning.throttled_bytes_per_s, own_limit / 2)

    def _require_space(self, formats: list[dict[str, Any]], files: list[Path]) -> None:
        size = sum(int(one.get("filesize") or one.get("filesize_approx") or 0) for one in formats)
        grown = [known for path in files for known in (path, _part(path)) if known.exists()]
        there = sum(known.stat().st_size for known in grown)
        needed = (size - there) + (size if len(files) > 1 else 0)
        if needed > 0 and shutil.disk_usage(self._stage.path).free < needed + _SPARE_BYTES:
            raise disk_full(self._url)

    def _verified(
        self, files: list[Path], info: Mapping[str, Any], progress: Progress
    ) -> tuple[Path, Probe]:
        """Return one playable file of the right length, or throw the media away and say why not."""
        try:
            probes = [probe(path, need_audio=len(files) == 1) for path in files]
        except NoAudioError:
            raise
        except MediaError as error:
            self._stage.clear_media()
            raise NetworkError(
                f"what the site sent as media is {error.problem}",
                subject=without_secrets(self._url),
                next_step="Try again; if it stays so, update yt-dlp (pip install -U yt-dlp)",
            ) from error
        media = self._in_one_file(files, probes, info, progress)
        probed = probe(media)
        expected_s = typed_info(self._url, dict(info)).duration_s or 0.0
        is_short = self._lacks(probed.duration_s, expected_s)
        is_counted = probed.guesses_duration and (is_short or self._is_raw)
        if is_counted:  # pieces whose clocks start again: only what plays tells
            probed = replace(probed, duration_s=counted_s(media))
            self._counted_s = probed.duration_s
        if self._lacks(probed.duration_s, expected_s):
            self._refuse_short(info, probed.duration_s, expected_s)
        if not is_counted and ends_early(media, probed.duration_s):
            message = "the media breaks off before the end that it announces"
            if not self._accept_incomplete:
                self._stage.clear_media()
                raise NetworkError(
                    message, subject=without_secrets(self._url), next_step="Try again"
                )
            self._warnings.append(message)
        return media, probed

    def _lacks(self, duration_s: float, expected_s: float) -> bool:
        """Return whether a length is clearly below what the page tells; False where unknown."""
        most_s = max(self._tuning.incomplete_s, expected_s * self._tuning.incomplete_share)
        return duration_s > 0 and expected_s - duration_s > most_s

    def _refuse_short(self, info: Mapping[str, Any], got_s: float, expected_s: float) -> None:
        message = f"the recording has {got_s:.0f} s of the {expected_s:.0f} s that the page tells"
        was_broadcast = info.get("live_status") in ("was_live", "post_live")
        if was_broadcast and not self._accept_incomplete:
            self._stage.clear_media()  # the complete archive will be another file
            raise StillProcessingError(
                message,
                subject=without_secrets(self._url),
                next_step="The site is probably still processing it: try again later",
            )
        self._warnings.append(message)

    def _in_one_file(
        self,
        files: list[Path],
        probes: list[Probe],
        info: Mapping[str, Any],
        progress: Progress,
    ) -> Path:
        """Put picture and sound together; give HLS pieces a container that knows its length."""
        if len(files) == 1 and probes[0].format == "mov":
            whole = self._stage.path / "whole.ts"
            if rewrite_if_mixed(files[0], whole, self._warnings, progress, self._check):
                return whole
        video = next((one.video_codec for one in probes if one.has_video), "")
        audio = next((one.audio_codec for one in probes if one.audio_codec), "")
        segmented = "m3u8" in str(info.get("protocol")) and probes[0].format in ("mpegts", "aac")
        if len(files) == 1 and not segmented:
            extension = probes[0].extension or files[0].suffix.lstrip(".")
            return files[0] if files[0].suffix == f".{extension}" else _renamed(files[0], extension)
        keep = video if self._want == "video" or len(files) == 1 else ""
        target = self._stage.path / f"whole.{fitting_extension(keep, audio)}"
        try:
            remux(files, target, progress=progress, check=self._check)
        except EncodeError as error:
            self._is_raw = True
            sound = next(n for n, one in enumerate(probes) if one.audio_codec)
            what = "sound alone, as picture and sound cannot be put together" * (len(files) > 1)
            self._warnings.append(
                f"kept {what or 'as the site sends it'}: {error.problem.removesuffix('.')}"
            )
            return _renamed(files[sound], probes[sound].extension)
        return target


def _of_media(error: UtawakuError) -> UtawakuError:
    """Tell media that are not there from a stream that is gone: its page was fine just now."""
    if not isinstance(error, StreamGoneError):
        return error
    return MediaMissingError(
        f"the page is there, but its media are not: {error.problem}",
        subject=error.subject,
        next_step="It is tried again for days; sites move and rebuild their archives",
    )


def _plan(info: Mapping[str, Any], formats: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what must stay the same for a partial file to be continued."""
    return {
        "site": info.get("extractor_key"),
        "id": info.get("id"),
        "timestamp": info.get("timestamp"),
        "formats": [
            {
                "format_id": one.get("format_id"),
                "ext": _safe_extension(one.get("ext")),
                "filesize": one.get("filesize"),
            }
            for one in formats
        ],
    }


def _safe_extension(extension: object) -> str:
    text = str(extension or "").lower()
    return text if re.fullmatch(r"[a-z0-9]{1,5}", text) else "media"


def _part(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


def _renamed(path: Path, extension: str) -> Path:
    return path.rename(path.with_suffix(f".{extension or 'media'}"))


def _worth_refreshing(error: BaseException) -> bool:
    """Return whether fresh addresses may help: throttled, expired, or forbidden media."""
    exc_info = getattr(error, "exc_info", None)
    causes = (error, exc_info[1] if exc_info else None, error.__cause__, error.__context__)
    return any(
        type(cause).__name__ == "ThrottledDownload" or getattr(cause, "status", 0) in _EXPIRED
        for cause in causes
    )
