"""Ingesting while `utawaku up` runs: a request is filed, and followed to its end."""

import time
from collections.abc import Sequence

from utawaku.commands.console import err
from utawaku.commands.outcome import Outcome
from utawaku.commands.pipeline import Pipeline, shown_progress, tell_failed
from utawaku.commands.supervisor import is_running
from utawaku.library.errors import ExitCode, StoppedError, UtawakuError
from utawaku.library.language import tr, translated
from utawaku.library.records import Request, Stream
from utawaku.library.requests import COMMAND, IngestStream
from utawaku.library.text import clean_line
from utawaku.orchestration.pending_assets import pending_assets

LOOK_EVERY_S = 0.3
OPEN = ("queued", "running")
GOES_ON = "`utawaku up` goes on with it; `utawaku status` shows how far it is"


class FollowedIngest:
    """The request for one stream."""

    def __init__(
        self, pipeline: Pipeline, stream: Stream, source: str, again: Sequence[str]
    ) -> None:
        self._pipeline = pipeline
        self._stream = stream
        self._outcome = Outcome(source or stream.url, stream.id, stream.title)
        self._due = pending_assets(
            stream, pipeline.catalogue, pipeline.settings, again=again, models=not again
        )
        self._request: Request | None = None
        self._began = time.monotonic()
        if self._due:
            wanted = IngestStream(stream_id=stream.id, again=tuple(again))
            self._request = pipeline.catalogue.requests.file(wanted, by=COMMAND)

    def follow(self) -> Outcome:
        """Wait for the end of this try with bars on the terminal; what became of it.

        A request that is put off until a site may be asked is waited for. One that failed and comes
        back later is over for now: it ends as a run in this process does.

        Raises:
            StoppedError: the user does not want to wait; the pipeline goes on.
            UtawakuError: the pipeline ended.
        """
        if self._request is None:
            self._outcome.state = "already done"
        else:
            try:
                self._take(self._ended(self._request))
            except KeyboardInterrupt as error:
                raise StoppedError("no longer followed", next_step=GOES_ON) from error
        return self._pipeline.described(self._stream, self._outcome, self._began)

    def _ended(self, filed: Request) -> Request:
        """The request when it is over, or has been put back after a try."""
        pipeline, told = self._pipeline, ""
        err.print(
            tr("request {id}: `utawaku up` works on it; Ctrl-C only stops watching", id=filed.id)
        )
        with shown_progress(pipeline.catalogue, self._stream, self._due):
            while True:
                now = pipeline.catalogue.requests.get(filed.id)
                if now.state not in OPEN or now.attempts > filed.attempts:
                    return now
                if now.state == "queued" and now.message not in ("", told):
                    told = now.message
                    shown = clean_line(translated(told))
                    err.print(tr("waits{until}: {why}", until=_at(now), why=shown), markup=False)
                if not is_running(pipeline.settings):
                    raise UtawakuError(
                        "the pipeline ended",
                        subject=f"request {filed.id}",
                        next_step="`utawaku up` goes on with the request",
                    )
                time.sleep(LOOK_EVERY_S)

    def _take(self, request: Request) -> None:
        """Carry the end of the request over to the outcome."""
        outcome = self._outcome
        if request.state == "done":
            outcome.state = "already done" if request.message == "already done" else "done"
            return
        if request.state == "cancelled":
            outcome.error, outcome.exit_code = "cancelled", ExitCode.STOPPED
            err.print(tr("request {id} was cancelled", id=request.id))
            return
        states = self._pipeline.catalogue.assets.of(self._stream.id)
        failed = [
            states[name] for name in self._due if name in states and states[name].state == "failed"
        ]
        tell_failed(failed, outcome, request.message)
        if request.state in OPEN:
            told = tr("`utawaku up` waits{until} and tries again", until=_at(request))
            err.print(told, markup=False)


def _at(request: Request) -> str:
    """The time from which a request may be served, in words."""
    if not request.not_before:
        return ""
    when = time.strftime("%m-%d %H:%M", time.localtime(request.not_before))
    return tr(" until {when}", when=when)
