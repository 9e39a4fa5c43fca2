"""From chosen songs to a queued submission; the outbox shows the rest.

What only publishing needs is imported when something is published: the first screen does not wait.
"""

from collections.abc import Sequence

from utawaku.library.errors import UtawakuError
from utawaku.library.publish.records import Submission
from utawaku.library.requests import Upload
from utawaku.tui.playlists import PlaylistApp
from utawaku.tui.screens.dialogs import Confirm
from utawaku.tui.screens.notices import ShowText
from utawaku.tui.text import shown


class PublishingApp(PlaylistApp):
    """An app that publishes."""

    def action_go(self, mode: str) -> None:
        """To another place."""
        if mode in self.MODES and self.current_mode != mode:
            self.switch_mode(mode)

    def show_text(self, title: str, text: str) -> None:
        """A text too long for a line."""
        self.push_screen(ShowText(title, text))

    def compose_submission(self, numbers: Sequence[int]) -> None:
        """Begin submissions of these songs, as the settings want them, and open the outbox."""

        def plan() -> list[Submission]:
            from utawaku.library.publish.drafts import draft, order_for

            catalogue, settings = self.catalogue, self.settings
            songs = catalogue.browser.songs(numbers)
            order = order_for(catalogue, settings)
            added = catalogue.submissions.add_planned(
                lambda: draft(songs, order, catalogue, settings)
            )
            if not added:
                raise UtawakuError(
                    "none of these songs can be published",
                    next_step="They are there already, or were not cut to files yet",
                )
            return added

        def done(added: list[Submission]) -> None:
            n = len(added)
            from utawaku.tui.screens.compose import ComposeScreen

            self.action_go("outbox")
            self.notify(f"{n} draft{'' if n == 1 else 's'} made. Enter opens, s sends.")
            if n == 1:
                self.push_screen(ComposeScreen(added[0]))

        self.write(plan, done)

    def send_submission(self, submission: Submission) -> None:
        """Put a submission into the queue, unless the site would refuse it."""
        from utawaku.tui.screens.outbox import findings_of

        store, requests = self.catalogue.submissions, self.catalogue.requests
        refused = [f for f in findings_of(submission, self.catalogue) if f.severity == "error"]
        if refused:
            told = "\n".join(f"{shown(f.subject)}  {shown(f.message)}".strip() for f in refused)
            self.show_text("It would be refused", told)
            return

        def queue() -> None:
            # Sent although something like it was found there: the human says that it is another.
            store.move(submission.id, "queued", confirmed_new=bool(submission.candidate_id))
            requests.file(Upload(submission_id=submission.id))

        def answered(sure: bool | None) -> None:
            if sure:
                self.write(queue, lambda _: self.notify("Queued" + self.down_note()))

        self.push_screen(
            Confirm(
                f"Publish {submission.title}?",
                f"{len(submission.parts)} parts to {submission.target} {submission.account}."
                + (f" {submission.candidate_id} stays beside it." * bool(submission.candidate_id)),
                yes="Publish",
            ),
            answered,
        )
