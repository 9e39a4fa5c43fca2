"""Running the pipeline inside this process, with progress on the terminal."""

import shutil
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import dagster as dg
import yaml
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from utawaku.commands.console import err, losses_told_later, print_error, print_warning
from utawaku.commands.interrupts import interrupts_kept
from utawaku.commands.outcome import Outcome
from utawaku.definitions import defs
from utawaku.jobs.ingest import checks_of, ingest_stream
from utawaku.library.artefacts import ARTEFACTS, CHAIN
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings
from utawaku.library.errors import (
    ExitCode,
    StoppedError,
    StreamBusyError,
    UsageError,
    UtawakuError,
    file_trouble,
)
from utawaku.library.files import atomic_path, remove_stale_temporaries, temporary_path
from utawaku.library.language import tr, translated
from utawaku.library.records import AssetState, Stream
from utawaku.library.requests import COMMAND
from utawaku.library.staleness import keep_present
from utawaku.library.text import clean_line
from utawaku.library.words import word
from utawaku.media.timeline import loss_code
from utawaku.orchestration import dagster_settings
from utawaku.orchestration.changed_rules import note_changed_rules
from utawaku.orchestration.cluster import use_environment
from utawaku.orchestration.dagster_storage import open_instance
from utawaku.orchestration.materialization import MIN_INTERVAL_S
from utawaku.orchestration.orphaned_runs import close_orphaned_runs
from utawaku.orchestration.partitions import add_partitions
from utawaku.orchestration.pending_assets import pending_assets
from utawaku.orchestration.present_versions import present_versions
from utawaku.orchestration.run_leases import command_lease
from utawaku.orchestration.run_processes import mark_of_process
from utawaku.orchestration.run_tags import ASKED_BY_TAG, ASKED_FOR_TAG, PID_TAG, TITLE_TAG
from utawaku.services.downloader import Downloader, fetch_times
from utawaku.workflows.ingest import resolve_parts, resolve_streams
from utawaku.workflows.model_versions import fetch_missing

POOLS = {"download": 1, "cpu": 2, "shazam": 4, "bilibili": 1}
"""Steps of a kind that run at once over all runs, unless the user set another limit in Dagster."""
FORMER_POOLS = ("gpu",)
"""Pools of earlier versions that no step is in."""
GOES_ON = "The same command continues"


def check_asset_names(names: Sequence[str]) -> None:
    """Raise UsageError where a name is no artefact of the chain."""
    for name in names:
        if name not in CHAIN:
            made = ARTEFACTS.get(name)
            raise UsageError(
                "made on demand" if made else "no such artefact",
                subject=name,
                next_step=f"Run `{made.made_by}`" if made else f"Give one of {', '.join(CHAIN)}",
            )


def prepare_dagster_home(settings: Settings) -> Path:
    """Make the folder in which Dagster keeps its state, with our defaults; or bring the settings
    of an earlier version up to date, once."""
    home = settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    use_environment(settings)
    if not (home / "dagster.yaml").exists():
        with atomic_path(home / "dagster.yaml") as temporary:  # another process may read it
            shutil.copyfile(Path(__file__).with_name("dagster.yaml"), temporary)
    if told := dagster_settings.upgrade(home):
        print_warning("Dagster's settings", told)
    return home


def quiet_configuration(home: Path) -> Path:
    """Dagster's settings for a run inside a command, whose terminal is not to be captured.

    Capturing would send the progress bars through two more processes, and answer Ctrl-C for us. The
    databases stay open for the length of the command (`orchestration.kept_storage`).
    """
    settings = yaml.safe_load((home / "dagster.yaml").read_text("utf-8")) or {}
    settings["compute_logs"] = {
        "module": "dagster._core.storage.noop_compute_log_manager",
        "class": "NoOpComputeLogManager",
    }
    settings = dagster_settings.with_kept_storage(home, settings)
    quiet = home / "command-line.yaml"
    with atomic_path(quiet) as temporary:
        temporary.write_text(yaml.safe_dump(settings), "utf-8")
    return quiet


def prepare_pools(instance: dg.DagsterInstance) -> None:
    """Give pools that have no limit of their own ours; a limit that the user set stays."""
    storage = instance.event_log_storage
    known = {pool.name for pool in storage.get_pool_limits() if not pool.from_default}
    for pool in POOLS.keys() - known:
        storage.set_concurrency_slots(pool, POOLS[pool])
    for pool in known.intersection(FORMER_POOLS):
        storage.delete_concurrency_limit(pool)


class Pipeline:
    """The chain of assets, ready to run here."""

    def __init__(
        self, settings: Settings, catalogue: Catalogue, instance: dg.DagsterInstance
    ) -> None:
        self.settings = settings
        self.catalogue = catalogue
        self.instance = instance
        self.downloader = Downloader.from_settings(
            settings.download, times=fetch_times(settings, catalogue)
        )
        self._definitions = defs()

    @classmethod
    @contextmanager
    def open(cls) -> Iterator[Self]:
        """Open catalogue and Dagster instance of this user."""
        settings = load_settings()
        catalogue = Catalogue.open(settings)
        home = prepare_dagster_home(settings)
        try:
            quiet = quiet_configuration(home)
            with open_instance(home, quiet.name) as instance:
                prepare_pools(instance)
                close_orphaned_runs(instance, catalogue)
                keep_present(catalogue, settings, present_versions(settings))
                note_changed_rules(catalogue, settings)
                yield cls(settings, catalogue, instance)
        finally:
            catalogue.close()

    def resolve_streams(
        self,
        source: str,
        on_failed_entry: Callable[[str, UtawakuError], None] | None = None,
        *,
        as_one: bool = False,
    ) -> list[Stream]:
        """Put what is behind `source` on record; see `utawaku.workflows.ingest.resolve_streams`."""
        with err.status(tr("resolving {source}", source=clean_line(source))) as status:

            def progress(n: int, total: int, name: str) -> None:
                status.update(
                    tr(
                        "resolving {name} ({n} of {total})",
                        name=clean_line(name),
                        n=n + 1,
                        total=total,
                    )
                )

            return resolve_streams(
                source,
                self.catalogue,
                self.downloader,
                as_one=as_one,
                on_failed_entry=on_failed_entry,
                on_progress=progress,
            )

    def resolve_parts(self, files: Sequence[Path]) -> Stream:
        """Put files on record as one stream; see `utawaku.workflows.ingest.resolve_parts`."""
        with err.status(tr("counting the length of {n_files} files", n_files=len(files))):
            return resolve_parts(files, self.catalogue, self.settings)

    def ingest(
        self,
        stream: Stream,
        *,
        source: str = "",
        again: Sequence[str] = (),
        wait_for_rate_limit: bool = False,
    ) -> Outcome:
        """Make every artefact of `stream` that is due, and those named in `again`.

        `wait_for_rate_limit` waits for Shazam's rate limit instead of putting names off.
        """
        started = time.monotonic()
        outcome = Outcome(source or stream.url, stream.id, stream.title)
        try:
            folder = self._folder_of(stream)
        except UtawakuError as error:
            print_error(error)
            outcome.error, outcome.exit_code = str(error), error.exit_code
            return outcome
        try:
            with self._alone_with(stream, folder), losses_told_later():
                self._run(stream, outcome, again, wait_for_rate_limit)
        except StreamBusyError as error:
            outcome.error = error.problem
            outcome.exit_code = ExitCode.FAILED
            err.print(f"{clean_line(stream.title or stream.id)}: {translated(outcome.error)}")
        return self.described(stream, outcome, started)

    def described(self, stream: Stream, outcome: Outcome, began: float) -> Outcome:
        """Add songs, losses and length to the outcome of a stream.

        Args:
            stream: as it was before.
            outcome: what became of it.
            began: when the work began, by the monotonic clock.
        """
        outcome.wall_s = time.monotonic() - began
        outcome.songs = [
            {
                "id": song.id,
                "start_s": song.start_s,
                "stop_s": song.stop_s,
                "title": song.title,
                "artist": song.artist,
                "file": song.file_path,
            }
            for song in self.catalogue.songs.of_stream(stream.id)
        ]
        outcome.n_songs = len(outcome.songs)
        self._tell_losses(stream, outcome)
        stream = self.catalogue.streams.get(stream.id)
        outcome.title, outcome.duration_s = stream.title, stream.duration_s
        return outcome

    def _tell_losses(self, stream: Stream, outcome: Outcome) -> None:
        """Say what the recording lacks, also where nothing had to be made this time."""
        segments = self.catalogue.assets.of(stream.id).get("segments")
        facts = segments.metadata.get("timeline", {}) if segments is not None else {}
        outcome.warnings = list(facts.get("warnings", ()))
        outcome.lost_s = float(facts.get("lost_s", 0.0))
        if not outcome.exit_code:
            outcome.exit_code = loss_code(facts)
        for sentence in outcome.warnings:
            print_warning(stream.title or stream.id, sentence)

    def make(
        self, stream: Stream, asset: str, job_name: str, config: Mapping[str, Any]
    ) -> AssetState:
        """Make an artefact that is made on request only; its state afterwards.

        Raises:
            UtawakuError: it could not be made, or another program works on the stream.
        """
        with self._alone_with(stream, self._folder_of(stream)):
            made = self._execute(job_name, stream, [asset], {asset: {"config": dict(config)}})
        states = self.catalogue.assets.of(stream.id)
        if not made:
            failed = [state for state in states.values() if state.asset == asset]
            _raise_if_stopped(failed)
            failure = UtawakuError(failed[0].message if failed else "the run failed")
            failure.exit_code = _exit_code(failed)
            raise failure
        return states[asset]

    def _folder_of(self, stream: Stream) -> Path:
        """The stream's folder, made where it is missing.

        Raises:
            UtawakuError: it cannot be written to.
        """
        folder = self.settings.stream_dir(stream.id)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with temporary_path(folder / "file").open("xb") as tried:
                Path(tried.name).unlink()
        except OSError as error:
            raise file_trouble(error, str(folder)) or UtawakuError(str(error)) from error
        return folder

    @contextmanager
    def _alone_with(self, stream: Stream, folder: Path) -> Iterator[None]:
        """Work on a stream while no other program does.

        A second program that is asked for the same stream waits for nothing: it says so.

        Raises:
            StreamBusyError: another one works on it.
        """
        with command_lease(self.catalogue, stream.id):
            remove_stale_temporaries(folder, of_others=True)
            yield

    def _run(
        self, stream: Stream, outcome: Outcome, again: Sequence[str], wait_for_rate_limit: bool
    ) -> None:
        due = pending_assets(stream, self.catalogue, self.settings, again=again, models=not again)
        if not due:
            outcome.state = "already done"
            return
        config = (
            {"labels": {"config": {"wait_for_rate_limit": wait_for_rate_limit}}}
            if "labels" in due
            else {}
        )
        made = self._execute(ingest_stream.name, stream, due, config)
        states = self.catalogue.assets.of(stream.id)
        failed = [states[name] for name in due if name in states and states[name].state == "failed"]
        if made:
            outcome.state = "done"
            return
        _raise_if_stopped(failed)
        tell_failed(failed, outcome)

    def _execute(
        self, job_name: str, stream: Stream, names: Sequence[str], config: Mapping[str, Any]
    ) -> bool:
        """Run artefacts of a stream here, with bars on the terminal; whether all were made."""
        add_partitions(self.instance, [stream.id])
        with err.status(tr("looking for the models")) as shown:
            fetch_missing(
                self.settings,
                names,
                lambda share, message: shown.update(
                    tr("fetching a model {share:.0%} {message}", share=share, message=message)
                ),
            )
        with shown_progress(self.catalogue, stream, names), interrupts_kept():
            run_id = str(uuid.uuid4())
            job = self._definitions.resolve_job_def(job_name).get_subset(
                asset_selection={dg.AssetKey(name) for name in names},
                asset_check_selection=set(checks_of(names)),
            )
            result = job.execute_in_process(
                run_id=run_id,
                instance=self.instance,
                partition_key=stream.id,
                run_config={
                    "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                    "ops": dict(config),
                },
                tags={
                    PID_TAG: mark_of_process(run_id),
                    ASKED_BY_TAG: COMMAND,
                    ASKED_FOR_TAG: ", ".join(names),
                    **({TITLE_TAG: stream.title} if stream.title else {}),
                },
                raise_on_error=False,
            )
        return result.success


def tell_failed(
    failed: Sequence[AssetState], outcome: Outcome, reason: str = "the run failed"
) -> None:
    """Print what could not be made, and note it; `reason` where no artefact tells one."""
    outcome.error = failed[0].message if failed else reason
    outcome.exit_code = _exit_code(failed)
    for state in failed:
        err.print(Text(tr("error: "), "bold red"), f"{word(state.asset)}: ", sep="", end="")
        err.print(clean_line(translated(state.message)), markup=False, soft_wrap=True)
    if not failed:
        print_error(UtawakuError(reason))


def _raise_if_stopped(failed: Sequence[AssetState]) -> None:
    if any(state.trouble.get("exit_code") == ExitCode.STOPPED for state in failed):
        raise StoppedError("stopped", next_step=GOES_ON)


def _exit_code(failed: Sequence[AssetState]) -> int:
    codes = {int(state.trouble.get("exit_code", 1)) for state in failed}
    return codes.pop() if len(codes) == 1 else UtawakuError.exit_code


@contextmanager
def shown_progress(catalogue: Catalogue, stream: Stream, due: Sequence[str]) -> Iterator[None]:
    """A bar for each due artefact, fed from the catalogue as the work writes it there."""
    columns = (
        TextColumn("{task.fields[asset]:<14}", markup=False),
        BarColumn(bar_width=28),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False, style="dim"),
    )
    stop = threading.Event()
    with Progress(*columns, console=err, transient=False) as bars:
        err.print(clean_line(stream.title or stream.url), style="bold", markup=False)
        tasks = {name: bars.add_task("", total=1.0, asset=word(name), start=False) for name in due}

        def follow() -> None:
            while not stop.wait(MIN_INTERVAL_S):
                _show(bars, tasks, catalogue.assets.of(stream.id), began)

        began = time.time()
        follower = threading.Thread(target=follow, daemon=True)
        follower.start()
        try:
            yield
        finally:
            stop.set()
            follower.join()
            _show(bars, tasks, catalogue.assets.of(stream.id), began)


def _show(
    bars: Progress, tasks: dict[str, TaskID], states: dict[str, AssetState], began: float
) -> None:
    for name, task in tasks.items():
        state = states.get(name)
        if state is None or (state.started_at or 0.0) < began:
            continue
        bars.start_task(task)
        failed = state.state == "failed"
        message = word("failed") if failed else clean_line(translated(state.message))[:60]
        bars.update(task, completed=state.progress, description=message)
        if state.state in ("done", "failed"):
            bars.stop_task(task)
