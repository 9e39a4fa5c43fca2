"""`utawaku follow`, `unfollow`, `channels`: subscriptions and their rules."""

import time
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from utawaku.commands.console import add_row, err, out, print_error, print_json, print_table, table
from utawaku.commands.help import App
from utawaku.commands.services import end_cooldown
from utawaku.library.errors import ExitCode, NotFoundError, UtawakuError
from utawaku.library.language import tr, translated, trn
from utawaku.library.sites import full_address, list_address
from utawaku.library.words import word

channels_app = App(
    help="Subscriptions: list them and their entries, export, import.",
    invoke_without_command=True,
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        epilog="Example: utawaku follow https://www.youtube.com/@singer/streams --title @karaoke"
    )(follow)
    app.command(epilog="Example: utawaku unfollow https://www.youtube.com/@singer/streams")(
        unfollow
    )
    app.command(epilog="Example: utawaku resume youtube")(resume)
    app.add_typer(channels_app, name="channels")


def follow(
    url: Annotated[str, typer.Argument(help="Channel, playlist, space or feed.")],
    title: Annotated[
        list[str] | None,
        typer.Option(
            help="Expression that titles must hold (@karaoke, @acoustic, @singing, @song_session, "
            "@all are ready-made); may be repeated."
        ),
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(help="Expression that titles must not hold.")
    ] = None,
    min_minutes: Annotated[float | None, typer.Option(help="Skip shorter streams.")] = None,
    max_minutes: Annotated[float | None, typer.Option(help="Skip longer streams.")] = None,
    since: Annotated[str | None, typer.Option(help="Skip older streams (YYYY-MM-DD).")] = None,
    only: Annotated[
        str | None, typer.Option(help="`was_live` (archives of broadcasts) or `upload`.")
    ] = None,
    backlog: Annotated[
        int | None, typer.Option(help="How many existing streams to ingest; -1 is all [10].")
    ] = None,
    every: Annotated[float | None, typer.Option(help="Minutes between polls.")] = None,
    want: Annotated[str | None, typer.Option(help="`audio` or `video`.")] = None,
    track: Annotated[
        str | None,
        typer.Option(help="Sound track to read: a number counted from 0, or a language."),
    ] = None,
    as_one: Annotated[
        bool | None,
        typer.Option(
            "--as-one/--no-as-one", help="Parts of one video on the site are one stream [no]."
        ),
    ] = None,
    holds: Annotated[
        Literal["songs", "streams"] | None,
        typer.Option(
            "--as",
            help="songs: each upload is one song and comes in whole; streams: songs are looked for "
            "in it [as the rule songs.whole].",
        ),
    ] = None,
    cookies: Annotated[Path | None, typer.Option(help="Cookies file for this channel.")] = None,
    members: Annotated[
        bool | None,
        typer.Option(
            "--members/--no-members",
            help="Ask for members-only streams [only where a cookies file is set].",
        ),
    ] = None,
    path_template: Annotated[str | None, typer.Option(help="Path of its songs.")] = None,
    upload_template: Annotated[str | None, typer.Option(help="Title of its submissions.")] = None,
    upload_account: Annotated[
        str | None, typer.Option(help="Account that publishes its songs.")
    ] = None,
    upload_season: Annotated[
        str | None, typer.Option(help="Season (合集) that its submissions are added to.")
    ] = None,
    song_rule: Annotated[
        list[str] | None,
        typer.Option(help="NAME=VALUE of a song rule (see `utawaku settings songs`)."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Follow a channel, or change the rules of a followed one; other rules keep their value."""
    from utawaku.library.subscriptions import ChannelRules
    from utawaku.services.downloader import Downloader
    from utawaku.workflows.subscriptions import follow as follow_address
    from utawaku.workflows.subscriptions import with_rules

    given = {
        "title": title,
        "exclude": exclude,
        "min_duration_s": None if min_minutes is None else min_minutes * 60,
        "max_duration_s": None if max_minutes is None else max_minutes * 60,
        "since": since,
        "kinds": None if only is None else [only],
        "backlog": backlog,
        "every_minutes": every,
        "want": want,
        "track": track,
        "as_one": as_one,
        "cookies_file": None if cookies is None else str(cookies),
        "members_only": members,
        "path_template": path_template,
        "upload_template": upload_template,
        "upload_account": upload_account,
        "upload_season": upload_season,
    }
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    settings, catalogue = _open()
    try:
        url = list_address(full_address(url))
        known = catalogue.channels.by_url(url)
        before = dict(known.rules) if known else {}
        whole = {} if holds is None else {"whole": "always" if holds == "songs" else "never"}
        if song_rule or whole:
            own = _song_rules(song_rule or [])
            changes["songs"] = {**before.get("songs", {}), **whole, **own}
        rules = ChannelRules.read({**before, **changes}, subject=url)
        with err.status(tr("resolving the address")):
            downloader = Downloader(with_rules(settings, rules).download)
            channel = follow_address(url, rules, catalogue, downloader)
    finally:
        catalogue.close()
    if json:
        print_json(channel)
        return
    told = f"{channel.title} ({channel.id})"
    if known and known.followed:
        out.print(tr("changed the rules of {channel}", channel=told), markup=False)
    else:
        out.print(tr("following {channel}", channel=told), markup=False)
    for name, value in rules.plain().items():
        out.print(f"  {name} = {value}", markup=False)


def unfollow(
    channel: Annotated[str, typer.Argument(help="Address or id, as `utawaku channels` shows.")],
    forget: Annotated[
        bool, typer.Option("--forget", help="Also forget its rules and entries.")
    ] = False,
) -> None:
    """Stop following a channel. Its streams and songs stay; so do its rules for them."""
    from utawaku.workflows.subscriptions import unfollow as unfollow_channel

    _, catalogue = _open()
    try:
        found = _find(catalogue, channel)
        n_cancelled = unfollow_channel(found, catalogue)
        if forget:
            catalogue.channels.delete(found.id)
    finally:
        catalogue.close()
    out.print(tr("no longer following {title}", title=found.title or found.url), markup=False)
    if n_cancelled:
        out.print(
            trn(
                "{n} waiting request of it cancelled",
                "{n} waiting requests of it cancelled",
                n_cancelled,
            )
        )


def resume(
    site: Annotated[
        str,
        typer.Argument(help="Site, as `utawaku status` shows (youtube, ...), or service (shazam)."),
    ],
) -> None:
    """End a site's cooldown and retry now."""
    from utawaku.library.service_status import services

    settings, catalogue = _open()
    try:
        if site in services(settings):
            end_cooldown(site, settings, catalogue)
            return
        rest = catalogue.sites.rest(site)
        if rest is None:
            raise NotFoundError("this site is not on cooldown", subject=site)
        catalogue.sites.welcome(site)
        n_woken = sum(
            # Version 0.1 wrote "left alone" with requests that may still wait.
            catalogue.requests.wake(reason_begins=f"{site} is {words}")
            for words in ("on cooldown", "left alone")
        )
        for channel in catalogue.channels.all(followed_only=True):
            if channel.site == site:
                catalogue.channels.put_off(channel.id, time.time())
    finally:
        catalogue.close()
    out.print(
        trn(
            "{site} is asked again; {n} request goes on",
            "{site} is asked again; {n} requests go on",
            n_woken,
            site=site,
        )
    )


@channels_app.callback(epilog="Example: utawaku channels --json")
def channels(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
) -> None:
    """List followed channels: last and next poll, what is waiting, what failed."""
    if context.invoked_subcommand is not None:
        return
    _, catalogue = _open()
    try:
        found = catalogue.channels.all()
        rows = [
            {
                "id": channel.id,
                "url": channel.url,
                "title": channel.title,
                "followed": channel.followed,
                "rules": channel.rules,
                "last_look_at": channel.last_look_at,
                "next_look_at": channel.next_look_at,
                "last_error": channel.last_error,
                **catalogue.channels.tally(channel.id),
            }
            for channel in found
        ]
    finally:
        catalogue.close()
    if json:
        print_json(rows)
        return
    if not rows:
        out.print(tr("nobody is followed; `utawaku follow URL` begins"))
        return
    listing = table(
        "channel",
        "polled",
        "next",
        ("asked", "right"),
        ("left out", "right"),
        ("note", "whole"),
    )
    for row in rows:
        note = translated(row["last_error"] or "") or (
            "" if row["followed"] else tr("not followed")
        )
        add_row(
            listing,
            [
                row["title"] or row["url"],
                when(row["last_look_at"]),
                when(row["next_look_at"]) if row["followed"] else "",
                row["asked"],
                row["skipped"],
                note,
            ],
        )
    print_table(listing)


@channels_app.command(epilog="Example: utawaku channels entries youtube:UC0123 --skipped")
def entries(
    channel: Annotated[str, typer.Argument(help="Address or id.")],
    skipped: Annotated[
        bool, typer.Option("--skipped", help="Only what the rules skipped, and why.")
    ] = False,
    limit: Annotated[int, typer.Option(help="How many.")] = 50,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
) -> None:
    """Show the entries of a channel and what was decided about each."""
    _, catalogue = _open()
    try:
        found = _find(catalogue, channel)
        rows = catalogue.channels.entries(
            found.id, state="skipped" if skipped else None, limit=limit
        )
    finally:
        catalogue.close()
    if json:
        print_json(rows)
        return
    listing = table("title", "state", ("why", "whole"))
    for entry in rows:
        add_row(listing, [entry.title or entry.url, word(entry.state), translated(entry.reason)])
    print_table(listing)


@channels_app.command("export", epilog="Example: utawaku channels export followed.toml")
def export_(
    path: Annotated[Path, typer.Argument(help="File to write; .opml for feed readers.")],
) -> None:
    """Write followed channels with their rules as TOML, or without rules as OPML."""
    from utawaku.library.subscriptions import ChannelRules, Follow
    from utawaku.library.subscriptions.files import write_opml, write_toml

    _, catalogue = _open()
    try:
        follows = [
            Follow(one.url, one.title, ChannelRules.read(one.rules, subject=one.url))
            for one in catalogue.channels.all(followed_only=True)
        ]
    finally:
        catalogue.close()
    if path.suffix.lower() in (".opml", ".xml"):
        write_opml(follows, path)
    else:
        write_toml(follows, path)
    out.print(
        trn(
            "{n} channel written to {path}",
            "{n} channels written to {path}",
            len(follows),
            path=path,
        ),
        markup=False,
    )


@channels_app.command("import", epilog="Example: utawaku channels import followed.toml")
def import_(
    path: Annotated[Path, typer.Argument(help="TOML of `export`, or OPML of any feed reader.")],
    check: Annotated[bool, typer.Option(help="Poll each address now, to find wrong ones.")] = False,
) -> None:
    """Follow every channel in a file. Its rules replace those of channels followed already."""
    from utawaku.library.subscriptions.files import read_follows
    from utawaku.services.downloader import Downloader
    from utawaku.workflows.subscriptions import follow as follow_address

    follows = read_follows(path)
    settings, catalogue = _open()
    n_failed = 0
    try:
        downloader = Downloader(settings.download)
        for one in follows:
            try:
                follow_address(
                    one.url, one.rules, catalogue, downloader, title=one.title, look=check
                )
            except UtawakuError as error:
                print_error(error)
                n_failed += 1
    finally:
        catalogue.close()
    out.print(
        trn(
            "following {n_follows} of {n} channel",
            "following {n_follows} of {n} channels",
            len(follows),
            n_follows=len(follows) - n_failed,
        )
    )
    if n_failed:
        raise typer.Exit(ExitCode.FAILED)


def when(moment: float | None) -> str:
    """A moment as people read it."""
    if not moment:
        return "-"
    return time.strftime("%m-%d %H:%M", time.localtime(moment))


def _open() -> tuple[Any, Any]:
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings

    settings = load_settings()
    return settings, Catalogue.open(settings)


def _find(catalogue: Any, name: str) -> Any:
    url = full_address(name)
    found = catalogue.channels.by_url(url) or catalogue.channels.by_url(list_address(url))
    return found or catalogue.channels.get(name)


def _song_rules(texts: list[str]) -> dict[str, Any]:
    """Song rules from NAME=VALUE, checked."""
    from pydantic import ValidationError

    from utawaku.commands.settings import _typed
    from utawaku.library.errors import ConfigError
    from utawaku.models.songs import SongRules

    rules: dict[str, Any] = {}
    for text in texts:
        name, _, value = text.partition("=")
        rules[name.strip()] = _typed(value.strip())
    try:
        SongRules.model_validate(rules)
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(
            str(first["msg"]),
            subject="song rule " + ".".join(str(part) for part in first["loc"]),
            next_step="`utawaku settings songs` lists them",
        ) from error
    return rules
