"""Sending a submission: what the target would refuse, and the last question."""

import time
from typing import Any

from textual.app import App

from utawaku.library.catalogue import Catalogue
from utawaku.library.language import tr, translated, trn
from utawaku.library.publish.drafts import limits_of
from utawaku.library.publish.preflight import Finding, check, check_title_is_new
from utawaku.library.publish.records import Submission
from utawaku.library.requests import Upload
from utawaku.tui.screens.dialogs import Confirm
from utawaku.tui.screens.notices import ShowText
from utawaku.tui.services.services import Services
from utawaku.tui.text import shown


def findings_of(submission: Submission, catalogue: Catalogue) -> list[Finding]:
    """Return what the site would refuse."""
    limits = limits_of(submission.target)
    taken = catalogue.submissions.titles(
        submission.target, submission.account, before=submission.id
    )
    return check(submission, limits, now=time.time()) + check_title_is_new(
        submission, taken, limits
    )


def ask_to_publish(app: App[Any], services: Services, submission: Submission) -> None:
    """Queue a submission after a question, unless the site would refuse it."""
    catalogue = services.library.catalogue
    if not submission.account:
        app.notify(
            tr(
                "{target} is not set up yet: open the draft (enter), then ctrl+l.",
                target=submission.target,
            ),
            severity="warning",
        )
        return
    refused = [
        finding for finding in findings_of(submission, catalogue) if finding.severity == "error"
    ]
    if refused:
        lines = [
            f"{shown(one.subject)}  {shown(translated(one.message))}".strip() for one in refused
        ]
        app.push_screen(ShowText(tr("The site would refuse it"), "\n".join(lines)))
        return

    def queue() -> None:
        # Sent although something like it was found there: the human says that it is another.
        again = bool(submission.candidate_id)
        catalogue.submissions.move(submission.id, "queued", confirmed_new=again)
        catalogue.requests.file(Upload(submission_id=submission.id))

    def answered(sure: bool | None) -> None:
        if sure:
            note = services.pipeline.wait_note()
            services.worker.write(
                queue,
                lambda _: app.notify(
                    tr("Queued. Sent{when}.", when=note) if note else tr("Queued. Sent soon.")
                ),
            )

    n = len(submission.parts)
    app.push_screen(
        Confirm(
            tr("Publish {title}?", title=submission.title),
            trn(
                "{n} part to {target} {account}.",
                "{n} parts to {target} {account}.",
                n,
                target=submission.target,
                account=submission.account,
            )
            + (
                tr(" {candidate_id} stays beside it.", candidate_id=submission.candidate_id)
                * bool(submission.candidate_id)
            ),
            yes=tr("Publish"),
        ),
        answered,
    )
