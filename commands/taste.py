"""`utawaku taste` and `utawaku similar`: predicted grades, and songs that sound alike."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from utawaku.commands.console import add_row, clock, out, print_json, print_table, table
from utawaku.library.errors import NotFoundError
from utawaku.library.language import tr, translated
from utawaku.library.words import word

if TYPE_CHECKING:
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import Settings
    from utawaku.library.records import Song


_KINDS = {"embedding": "Model", "spectrogram": "Network"}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: utawaku taste 'singer:mio grade:none' --limit 20")(taste)
    app.command(epilog="Example: utawaku similar youtube-dQw4w9WgXcQ@61500")(similar)


def taste(
    query: Annotated[
        list[str] | None, typer.Argument(help="Which songs, as in `utawaku songs`; all without.")
    ] = None,
    why: Annotated[
        str, typer.Option("--why", metavar="SONG", help="Explain the taste score of this song.")
    ] = "",
    ask: Annotated[bool, typer.Option("--ask", help="List the songs to grade next.")] = False,
    limit: Annotated[int, typer.Option(help="How many to list; 0 lists all.")] = 20,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show the taste model, and the songs with the highest taste scores.

    Ungraded songs come first in the grading queue (`utawaku`, Review). `utawaku train taste`
    learns from new grades.
    """
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings

    settings = load_settings()
    catalogue = Catalogue.open(settings)
    try:
        if why:
            _explain(why, catalogue, settings, json)
        elif ask:
            _ask(catalogue, limit, json)
        else:
            _list(" ".join(query or ()), catalogue, limit, json)
    finally:
        catalogue.close()


def similar(
    song: Annotated[str, typer.Argument(help="Song id, or a query that finds one song first.")],
    limit: Annotated[int, typer.Option(help="How many to list.")] = 10,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
) -> None:
    """List the songs that sound most like a song."""
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings
    from utawaku.library.similarity_index import alike

    settings = load_settings()
    catalogue = Catalogue.open(settings)
    try:
        wanted = _find(song, catalogue)
        index = alike(catalogue, settings)
        if wanted.id not in index:
            raise NotFoundError(
                "the song was not heard yet",
                subject=wanted.id,
                next_step="Take its stream in again: `utawaku ingest`",
            )
        found = {one.song_id: one.likeness for one in index.like(wanted.id, limit)}
        songs = catalogue.browser.songs_by_id(list(found))
    finally:
        catalogue.close()
    if json:
        print_json([{"id": s.id, "likeness": round(found[s.id], 4), "title": s.title,
                     "artist": s.artist, "singer": s.singer} for s in songs])  # fmt: skip
        return
    out.print(tr("like {title}", title=wanted.title or wanted.id), markup=False)
    shown = _song_table(("alike", "right"))
    for one in songs:
        add_row(shown, [f"{found[one.id]:.2f}", *_cells(one)])
    print_table(shown)


def _find(song: str, catalogue: "Catalogue") -> "Song":
    try:
        return catalogue.songs.get(song)
    except NotFoundError:
        numbers = catalogue.browser.search(song).numbers[:1]
        if not len(numbers):
            raise
        return catalogue.browser.songs(numbers)[0]


def _list(query: str, catalogue: "Catalogue", limit: int, json: bool) -> None:
    choice, latest = catalogue.taste.choice(), catalogue.taste.latest()
    current = choice.model
    text = query if "sort:" in query else f"{query} sort:taste".strip()
    numbers = catalogue.browser.search(text).numbers
    songs = catalogue.browser.songs(numbers[:limit] if limit else numbers)
    songs = [song for song in songs if song.taste is not None]
    n_new = catalogue.taste.n_new_marks()
    n_stale = len(catalogue.taste.stale_ids(current.version)) if current else 0
    if json:
        rows = [{"id": s.id, "taste": s.taste, "title": s.title, "artist": s.artist,
                 "singer": s.singer, "grade": s.grade} for s in songs]  # fmt: skip
        shares = catalogue.taste.liked_share()
        print_json(
            {
                "model": current,
                "state": _state(current, latest),
                "chosen_because": choice.reason,
                "n_new_grades": n_new,
                "n_stale": n_stale,
                "n_heard": catalogue.taste.n_embedded(),
                "history": [[m.at, m.n_liked + m.n_disliked, m.auc] for m in
                            catalogue.taste.models() if m.ready],
                "liked_share": shares[-1][1] if shares else None,
                "songs": rows,
            }
        )  # fmt: skip
        return
    out.print(translated(_state(current, latest)), markup=False, soft_wrap=True)
    if choice.reason:
        out.print(translated(choice.reason), markup=False, soft_wrap=True)
    if n_new:
        out.print(
            tr("{n_new} songs graded since; `utawaku train taste` learns from them", n_new=n_new),
            style="dim",
        )
    if n_stale:
        out.print(
            tr("{n_stale} songs wait for a score of this model", n_stale=n_stale), style="dim"
        )
    if songs:
        shown = _song_table(("like", "right"))
        for song in songs:
            add_row(shown, [f"{song.taste:.0%}", *_cells(song)])
        print_table(shown)


def _state(current: Any, latest: Any) -> str:
    """Return how the model stands, in one line of English."""
    if latest is None:
        return "No taste model yet: grade songs, then `utawaku train taste`"
    if current is None:
        return f"Too little to learn from: {latest.facts['message']}"
    auc = "-" if current.auc is None else f"{current.auc:.2f}"
    line = (
        f"{_KINDS[current.kind]} {current.version}: {current.n_liked} liked, "
        f"{current.n_disliked} disliked; on songs held out AUC {auc}, calibration error "
        f"{current.ece:.3f}, Brier {current.brier:.3f}"
    )
    return line if latest.ready else f"{line}\nNot trained again: {latest.facts['message']}"


def _explain(song_id: str, catalogue: "Catalogue", settings: "Settings", json: bool) -> None:
    from utawaku.workflows.taste import explain

    song = _find(song_id, catalogue)
    reasons = explain(catalogue, settings, song.id)
    if json:
        print_json({"id": song.id, "taste": song.taste, "reasons": reasons})
        return
    score = tr("no score yet") if song.taste is None else f"p(like) {song.taste:.0%}"
    out.print(f"{song.title or song.id}: {score}", markup=False)
    for head, tags in ((tr("for"), reasons.tags_for), (tr("against"), reasons.tags_against)):
        if tags:
            out.print(f"{head}: {', '.join(tags)}", markup=False)
    shown = _song_table("you", ("alike", "right"))
    for grade, alike in ((tr("liked"), reasons.liked), (tr("disliked"), reasons.disliked)):
        for other_id, likeness in alike:
            add_row(shown, [grade, f"{likeness:.2f}", *_cells(catalogue.songs.get(other_id))])
    print_table(shown)


def _ask(catalogue: "Catalogue", limit: int, json: bool) -> None:
    queue = catalogue.taste.queue()[: limit or None]
    why = dict(queue)
    songs = catalogue.browser.songs_by_id(list(why))
    if json:
        print_json([{"id": song.id, "why": why[song.id], "title": song.title} for song in songs])
        return
    shown = _song_table("why")
    for song in songs:
        add_row(shown, [word(why[song.id]), *_cells(song)])
    print_table(shown)


def _song_table(*first: Any) -> Any:
    return table(*first, "title", "artist", "singer", ("length", "right"), ("id", "whole"))


def _cells(song: "Song") -> list[str]:
    title = song.title or tr("(unknown)")
    return [title, song.artist, song.singer, clock(song.duration_s), song.id]
