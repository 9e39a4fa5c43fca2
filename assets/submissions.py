"""The upload queue, worked on one account after the other."""

import time
from collections import Counter
from typing import Any

import dagster as dg

from utawaku.assets.library_files import library_files
from utawaku.library.config import Settings
from utawaku.library.errors import ConfigError, UploadInterruptedError
from utawaku.library.publish.addresses import address_of
from utawaku.library.publish.records import Submission
from utawaku.orchestration.resources import LibraryResource
from utawaku.orchestration.shown_metadata import link, plain
from utawaku.services.publish.build import queue_for, record_account

CODE_VERSION = "1"
SHOWN = 50
"""Submissions that are listed."""


@dg.asset(
    deps=[library_files],
    group_name="uploads",
    code_version=CODE_VERSION,
    pool="bilibili",
    kinds={"bilibili"},
    check_specs=[
        dg.AssetCheckSpec(
            "published_ones_have_an_address",
            asset="submissions",
            description="Each published submission has the address that its site gave it.",
        )
    ],
)
def submissions(
    context: dg.AssetExecutionContext, library: LibraryResource
) -> dg.MaterializeResult:
    """Published submissions. A run brings every queued one that is due as far as it goes now."""
    settings, catalogue = library.settings, library.catalogue
    due = catalogue.submissions.due(time.time())
    worked: list[Submission] = []
    for target, account in dict.fromkeys((s.target, s.account) for s in due):
        try:
            queue = queue_for(target, account, settings, catalogue)
            worked += queue.run_due()
        except (ConfigError, UploadInterruptedError) as error:
            # One account that cannot work must not stop the others.
            context.log.warning("%s", error)
            catalogue.notices.add(
                "error",
                f"Nothing was uploaded to {target} ({account})",
                body=error.problem,
                next_step=error.next_step,
            )
        if target == "bilibili" and account in {a.name for a in catalogue.accounts.all()}:
            record_account(account, settings, catalogue, ask=False)
    published = catalogue.submissions.recent(state="published")
    nameless = [submission.id for submission in published if not submission.remote_id]
    # Those of this run first, then those of earlier ones.
    shown = list({one.id: one for one in [*worked, *published]}.values())[:SHOWN]
    metadata: dict[str, Any] = {
        "n_published": len(published),
        "n_due": len(due),
        **{f"n_{state}_now": n for state, n in Counter(s.state for s in worked).items()},
        "latest": dg.MetadataValue.md(_listing(shown)),
        **_places(shown, settings),
    }
    return dg.MaterializeResult(
        metadata=metadata,
        check_results=[
            dg.AssetCheckResult(
                check_name="published_ones_have_an_address",
                passed=not nameless,
                metadata={"submissions": nameless},
            )
        ],
    )


def _places(shown: list[Submission], settings: Settings) -> dict[str, Any]:
    """Places of published submissions: links to their pages, or paths of their folders."""
    places: dict[str, Any] = {}
    for one in shown:
        if one.state != "published" or not one.remote_id:
            continue
        name = f"submission {one.id}"
        if address := address_of(one):
            places[name] = dg.MetadataValue.url(address)
        elif one.target == "folder" and settings.publish.folder is not None:
            folder = settings.publish.folder.expanduser() / one.remote_id
            places[name] = dg.MetadataValue.path(str(folder))
    return places


def _listing(shown: list[Submission]) -> str:
    """Markdown table of submissions; titles are other people's words."""
    rows = ["| # | title | state | parts | address |", "|---|---|---|---|---|"]
    for one in shown:
        parts = f"{one.n_uploaded}/{len(one.parts)}"
        address = address_of(one)
        where = link(one.remote_id, address) if address else plain(one.remote_id)
        rows.append(f"| {one.id} | {plain(one.title)} | {one.state} | {parts} | {where} |")
    return "\n".join(rows)
