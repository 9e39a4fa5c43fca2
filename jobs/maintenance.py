"""Nightly maintenance."""

import time

import dagster as dg

from utawaku.library import static_playlists
from utawaku.library.files import remove_stale_temporaries
from utawaku.library.smart_playlists import refresh_smart
from utawaku.orchestration.changed_rules import tell_outdated
from utawaku.orchestration.old_runs import forget_old_runs
from utawaku.orchestration.orphaned_runs import close_orphaned_runs
from utawaku.orchestration.partitions import partitions_in_step
from utawaku.orchestration.pending_assets import pending_assets
from utawaku.orchestration.resources import LibraryResource
from utawaku.workflows.maintenance import back_up, keep_within_budget
from utawaku.workflows.pcm_sharing import remove_old_sound
from utawaku.workflows.song_files import keep_in_step
from utawaku.workflows.taste_candidates import move_vectors_out_of_cache
from utawaku.workflows.timelines import outdate_changed_times

EVENTS_KEPT_S = 90 * 86_400.0


@dg.op
def maintain(context: dg.OpExecutionContext, library: LibraryResource) -> None:
    """Back up the catalogue first; then close, delete and put right."""
    catalogue, settings, now = library.catalogue, library.settings, time.time()
    backup = back_up(catalogue, settings, now)
    closed = close_orphaned_runs(context.instance, catalogue)
    n_runs = forget_old_runs(context.instance, catalogue, settings, now)
    dropped = keep_within_budget(catalogue, settings, pending_assets)
    step = partitions_in_step(context.instance, catalogue, fix=True)
    temporaries = remove_stale_temporaries(settings.library_root)
    files = keep_in_step(catalogue, settings)
    static_playlists.refresh(settings.library_root, catalogue)
    refresh_smart(settings.library_root, catalogue)
    remove_old_sound(settings, now)
    move_vectors_out_of_cache(settings)
    n_outdated = outdate_changed_times(catalogue, settings)
    tell_outdated(context.instance, catalogue)
    catalogue.sites.forget_events(before=now - EVENTS_KEPT_S)
    context.log.info(
        "backup %s; %d dead runs closed, %d old ones deleted; %d recordings (%.1f GB) dropped; "
        "%d partitions added, %d removed; %d temporary files deleted; %d song files written, of "
        "which %d had edits by other programs; %d streams stale, as their times change",
        backup,
        len(closed),
        n_runs,
        dropped.n_recordings,
        dropped.n_bytes / 1e9,
        len(step.missing),
        len(step.stranded) - len(step.kept),
        len(temporaries),
        files.n_retagged,
        files.n_taken_over,
        n_outdated,
    )


@dg.job(executor_def=dg.in_process_executor)
def nightly_maintenance() -> None:
    """Backup, retention, disk budget, partitions in step with the catalogue."""
    maintain()
