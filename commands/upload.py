"""`utawaku login`, `accounts`, `upload`, `submissions`: publishing songs."""

import time
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, Annotated

import typer

from utawaku.commands.console import add_row, err, out, print_event, print_json, print_table, table
from utawaku.library.errors import ConfigError, UsageError, UtawakuError
from utawaku.library.language import tr, translated, trn
from utawaku.library.words import word

if TYPE_CHECKING:
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import Settings
    from utawaku.library.publish.drafts import Planned
    from utawaku.library.publish.preflight import Finding
    from utawaku.library.publish.records import QueueHold, Submission
    from utawaku.library.records import Song
    from utawaku.library.store.submissions import Submissions

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: utawaku login uta --cookies cookies.txt")(login)
    app.command(epilog="Example: utawaku accounts --check")(accounts)
    app.command(epilog="Example: utawaku upload 'taste>0.7 added:-7d' --queue")(upload)
    app.command(epilog="Example: utawaku submissions --release uta")(submissions)


def login(
    name: Annotated[str, typer.Argument(help="A name of your choice for the account.")] = "main",
    cookies: Annotated[
        Path | None,
        typer.Option(help="Take over biliup's cookies.json or a browser's cookies.txt instead."),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a line: the code, the account.")
    ] = False,
) -> None:
    """Log in to Bilibili: scan the code with its app, or take over a cookie file."""
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings
    from utawaku.services.publish.bilibili.shared_accounts import accounts_of
    from utawaku.services.publish.build import record_account

    settings = load_settings()
    with closing(Catalogue.open(settings)) as catalogue:
        book = accounts_of(settings, catalogue)
        if cookies is not None:
            if not cookies.is_file():
                raise ConfigError("no such file", subject=str(cookies))
            book.log_in_by_file(name, cookies)
        else:
            book.log_in_by_qr(name, _print_code if json else _show_code)
        account = record_account(name, settings, catalogue, ask=True)
        for hold in catalogue.submissions.holds():
            if hold.account == name and hold.code == "login":
                catalogue.submissions.release(hold.target, name)
    if account.state:
        raise UtawakuError(account.state, subject=name, next_step="Log in again")
    if json:
        print_event("logged_in", account=name, expires_at=account.expires_at)
        return
    out.print(
        tr("logged in as {name}; valid until {day}", name=name, day=_day(account.expires_at)),
        markup=False,
    )


def _show_code(url: str) -> None:
    from utawaku.services.publish.bilibili.qr import qr_text

    print(qr_text(url))
    err.print(tr("Scan this with the Bilibili app and confirm there (within three minutes)."))


def _print_code(url: str) -> None:
    from utawaku.services.publish.bilibili.qr import qr_text

    print_event("code", url=url, drawn=qr_text(url))


def accounts(
    check: Annotated[
        bool, typer.Option(help="Ask the site, and renew log-ins that end soon.")
    ] = False,
    remove: Annotated[str, typer.Option(help="Forget this account.")] = "",
    json: Json = False,
) -> None:
    """List the accounts and how long their log-ins last."""
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings
    from utawaku.services.publish.bilibili.shared_accounts import accounts_of
    from utawaku.services.publish.build import record_account

    settings = load_settings()
    catalogue = Catalogue.open(settings)
    book = accounts_of(settings, catalogue)
    if remove:
        book.remove(remove)
        catalogue.accounts.remove(remove)
    found = [record_account(name, settings, catalogue, ask=check) for name in book.names()]
    catalogue.close()
    if json:
        print_json({"accounts": found})
        return
    listing = table(("account", "whole"), "valid until", "state")
    for account in found:
        soon = account.expires_at is not None and account.expires_at - time.time() < 7 * 86400
        ready = tr("ends soon: log in again") if soon else tr("ready")
        state = translated(account.state) or ready
        add_row(listing, [account.name, _day(account.expires_at), state])
    print_table(listing)


def upload(
    query: Annotated[str, typer.Argument(help="Which songs (as in `utawaku songs`).")],
    queue: Annotated[bool, typer.Option("--queue", help="Queue it for the daemon.")] = False,
    now: Annotated[bool, typer.Option("--now", help="Queue it and upload from here.")] = False,
    to: Annotated[str, typer.Option(help="bilibili, folder or webdav.")] = "",
    account: Annotated[str, typer.Option(help="Which account.")] = "",
    by: Annotated[str, typer.Option(help="stream: one submission each; all: one for all.")] = "",
    at: Annotated[
        str, typer.Option(help="Publish at this local time, e.g. 2026-12-24T20:00.")
    ] = "",
    source: Annotated[
        str, typer.Option(help="Where the songs come from, when the stream was a local file.")
    ] = "",
    season: Annotated[
        str,
        typer.Option(help="Season (title or number) to add it to once it is reviewed."),
    ] = "",
    append: Annotated[
        bool, typer.Option(help="Add later songs of a stream to its submission.")
    ] = True,
    again: Annotated[bool, typer.Option("--again", help="Also songs that are published.")] = False,
    page: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False, help="Write what the page on the site will show, as an HTML file."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Publish songs. Shows the plan only, unless --queue or --now is given.

    An account or a season of a channel (`utawaku follow URL --upload-account NAME`) goes before
    those of the settings, and what is given here before both.
    """
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings
    from utawaku.library.publish.drafts import by_account, order_for, plan_for_accounts
    from utawaku.library.store.browse import Browser

    if by not in ("", "stream", "all"):
        raise UsageError("is neither stream nor all", subject=f"--by {by}")
    settings = load_settings()
    catalogue = Catalogue.open(settings)
    browser = Browser(catalogue, catalogue.engine)
    songs = browser.songs(browser.search(query).numbers)
    browser.close()
    order = order_for(
        catalogue,
        settings,
        target=to,
        account=account,
        group_by=by,
        publish_at=_moment(at),
        append=append,
        source_url=source,
        season=season,
        set_up_later=True,  # the plan is shown to whoever asks
    )
    send = queue or now
    orders = [(order, songs)]
    if not account:
        orders = by_account(songs, order, catalogue, settings, strict=send)
    result = plan_for_accounts(orders, catalogue, settings, again=again, queue=send)
    planned, findings, refused = result.submissions, result.findings, result.refused
    if page is not None and planned:
        _write_page(page, result, songs)
    if not json:
        _show_plan(planned, findings, n_chosen=len(songs))
    elif refused or not now:
        queued = queue and not refused
        print_json({"queued": queued, "submissions": planned, "findings": findings})
    if refused:
        catalogue.close()
        raise ConfigError(
            "the site would refuse this; nothing was queued",
            next_step="Change what is marked above (titles, tags: `utawaku settings`)",
        )
    if now:
        done = _work(planned, settings, catalogue)
        if json:
            print_json({"submissions": done})
        _raise_unless_published(done)
    elif not queue and planned and not json:
        err.print(tr("\nThis is the plan only. Add --queue, or --now to upload from here."))
    catalogue.close()


def submissions(
    release: Annotated[str, typer.Option(help="End the hold on this account's queue.")] = "",
    retry: Annotated[int, typer.Option(help="Queue this failed or held one again.")] = 0,
    drop: Annotated[int, typer.Option(help="Delete this draft or failed one.")] = 0,
    published_as: Annotated[
        tuple[int, str], typer.Option(help="Number and BV id of a held one you found there.")
    ] = (0, ""),
    adopt: Annotated[
        int, typer.Option(help="What was found there is this held one: count it as published.")
    ] = 0,
    send_as_new: Annotated[
        int, typer.Option(help="What was found there is another: send this held one.")
    ] = 0,
    run: Annotated[bool, typer.Option("--run", help="Work on what is due, from here.")] = False,
    json: Json = False,
) -> None:
    """List submissions and their progress; repair the queue."""
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings

    settings = load_settings()
    catalogue = Catalogue.open(settings)
    store = catalogue.submissions
    if release:
        _release(store, release)
    if retry:
        store.move(retry, "queued")
    if drop:
        store.delete(drop)
    number, remote_id = published_as
    if number:
        store.adopt(number, remote_id)
    if adopt:
        store.adopt(adopt)
    if send_as_new:
        store.move(send_as_new, "queued", confirmed_new=True, candidate_id="")
    if run:
        _work(store.due(time.time()), settings, catalogue)
    found, holds = store.recent(), store.holds()
    catalogue.close()
    if json:
        print_json({"submissions": found, "holds": holds})
    else:
        _print_submissions(found, holds)


def _release(store: "Submissions", account: str) -> None:
    """End the holds on an account's queue."""
    released = [hold for hold in store.holds() if hold.account == account]
    if not released:
        raise ConfigError("nothing is on hold for it", subject=account)
    for hold in released:
        store.release(hold.target, hold.account)


def _print_submissions(found: "Sequence[Submission]", holds: "Sequence[QueueHold]") -> None:
    for hold in holds:
        err.print(
            tr(
                "on hold: {target} ({account}): {message}",
                target=hold.target,
                account=hold.account,
                message=translated(hold.message),
            ),
            markup=False,
        )
    listing = table(("#", "right"), "state", ("parts", "right"), ("title", "left"), "where", "what")
    for one in found:
        parts = f"{one.n_uploaded}/{len(one.parts)}"
        where = one.remote_id or one.append_to
        add_row(
            listing, [one.id, word(one.state), parts, one.title, where, translated(one.message)]
        )
    print_table(listing)


def _work(
    chosen: "Sequence[Submission]", settings: "Settings", catalogue: "Catalogue"
) -> "list[Submission]":
    """Upload from here, with a bar."""
    from rich.progress import Progress

    from utawaku.services.publish.build import queue_for

    done = []
    with Progress(console=err, transient=True, disable=not err.is_terminal) as bar:
        for one in chosen:
            task = bar.add_task(one.title, total=1.0)

            def show(fraction: float, message: str, task: object = task) -> None:
                bar.update(task, completed=fraction, description=translated(message))  # type: ignore[arg-type]

            queue = queue_for(one.target, one.account, settings, catalogue)
            finished = queue.run(one.id, show)
            bar.remove_task(task)
            done.append(finished)
            where = f" {finished.remote_id}" if finished.remote_id else ""
            why = f": {translated(finished.message)}" if finished.message else ""
            err.print(f"{word(finished.state)}{where} {finished.title}{why}", markup=False)
    return done


def _raise_unless_published(done: "Sequence[Submission]") -> None:
    from utawaku.library.errors import UploadError, UploadHoldError

    held = [one for one in done if one.state == "held"]
    if held:
        raise UploadHoldError(
            "the queue waits for you", next_step="See `utawaku submissions`", code="hold"
        )
    failed = [one for one in done if one.state == "failed"]
    if failed:
        raise UploadError(f"{len(failed)} of {len(done)} failed", next_step="utawaku submissions")


def _show_plan(
    planned: "Sequence[Submission]", findings: "Sequence[Sequence[Finding]]", *, n_chosen: int
) -> None:
    """Print everything that would be sent, and what the target would refuse."""
    from utawaku.library.publish.preview import preview_of

    if not planned:
        err.print(
            trn(
                "nothing to share: {n} song found, all shared or without a file",
                "nothing to share: {n} songs found, all shared or without a file",
                n_chosen,
            )
        )
    for one, found in zip(planned, findings, strict=True):
        kind = (
            tr("append to {append_to}", append_to=one.append_to)
            if one.append_to
            else tr("new submission")
        )
        account = one.account or tr("nobody is logged in: `utawaku login`")
        out.print(
            tr("{kind} on {target} ({account})", kind=kind, target=one.target, account=account),
            style="bold",
            markup=False,
        )
        told = [finding for finding in found if finding.code != "part_file_missing"]
        told += [one for one in found if one not in told and one.severity == "error"]
        out.print(indent(preview_of(one, told), "  "), markup=False, soft_wrap=True)


def _write_page(path: Path, planned: "Planned", songs: "Sequence[Song]") -> None:
    from utawaku.library.files import atomic_path
    from utawaku.library.publish.page import page_of

    lengths_s = {song.id: song.duration_s for song in songs}
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary:
        temporary.write_text(page_of(planned.submissions, planned.findings, lengths_s), "utf-8")
    err.print(tr("wrote {output}", output=path), markup=False, soft_wrap=True)


def _moment(text: str) -> float | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError as error:
        raise UsageError(
            "is no time", subject=f"--at {text}", next_step="Write it like 2026-12-24T20:00"
        ) from error


def _day(at: float | None) -> str:
    return datetime.fromtimestamp(at).strftime("%Y-%m-%d") if at else "unknown"
