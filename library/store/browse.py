"""Answering searches over the whole library within a keystroke.

A search is a tree of leaves (`singer:mio`, `taste>0.7`). Each leaf is one small SQL query for the
numbers of the songs that satisfy it; `and`, `or`, `not` are then operations on masks over song
numbers, and the order of the whole library is kept per sort field. Leaves and orders are cached
until the catalogue changes, so typing one more word costs one leaf.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import sqlalchemy as sa

from utawaku.library.folding import search_fold as fold
from utawaku.library.query.fields import FIELDS
from utawaku.library.query.results import And, FacetValue, Listing, Node, Not, Query, Sort, Term
from utawaku.library.query.syntax import parse
from utawaku.library.records import Song
from utawaku.library.schema import song_search, song_tags, songs
from utawaku.library.store.connections import Connections
from utawaku.library.store.copies import (
    BEST_COPY,
    KeptGroups,
    NamedGroups,
    best_copies,
    ranks_of,
)
from utawaku.library.store.joined_numbers import numbers_by, numbers_of_query
from utawaku.library.store.kept_orders import KeptOrders, Order, read_order
from utawaku.library.store.search_ranking import RankedHits
from utawaku.library.store.short_word_index import Words
from utawaku.library.store.songs import COLUMNS, song_from_row, tags_of
from utawaku.library.store.text_changes import state_of

if TYPE_CHECKING:
    from utawaku.library.postgres import ChangeCounter

TRIGRAM = 3
"""Characters from which the trigram index can answer; shorter words are looked for one by one."""

ORDERS_EVERY_S = 30.0
"""While others write all the time, orders are not read ahead more often than this."""

MAX_RANKED = 2000
"""More hits stay in the library's order: nobody looks through so many for the best."""

FORGIVING = ("title", "artist", "singer", "aliases")
"""Fields in which a word without a field is looked for with typos."""

_MAX_LEAVES = 64
_BEST_COPY = "best_copy"
_DATED = ("added", "played", "date")


class Browser:
    """Searches, pages and facets of songs. Safe to call from any thread, one call at a time."""

    def __init__(self, catalogue: Connections, engine: sa.Engine) -> None:
        self._catalogue = catalogue
        self._engine = engine
        self._lock = threading.RLock()
        self._watch: sa.Connection | None = None
        self._counter: ChangeCounter | None = None
        self._version = -1
        self._orders = KeptOrders()
        self._ordered_at = -ORDERS_EVERY_S
        self._leaves: OrderedDict[tuple[Term, bool], np.ndarray] = OrderedDict()
        self._ranked = RankedHits()
        self._texts: dict[str, list[str]] = {}
        self._texts_state = -1
        self._tags: tuple[int, list[str], np.ndarray, np.ndarray] | None = None
        self._groups = KeptGroups()
        self._facets: dict[str, tuple[list[str], np.ndarray]] = {}
        self._words: Words | None = None

    def version(self) -> int:
        """A number that differs whenever anybody has changed the catalogue."""
        with self._lock:
            return self._look()

    def close(self) -> None:
        """Give the watching connection back."""
        with self._lock:
            if self._watch is not None:
                self._watch.close()
                self._watch = None
            if self._counter is not None:
                self._counter.close()

    def prepare(self) -> None:
        """Have ready what the next key may ask for: the text of all songs, their orders and copies.

        So short words are found fast, and another order or the copies come at once. For 100,000
        songs the text takes 0.2 s when songs were added or named since, the rest two seconds, at
        most every `ORDERS_EVERY_S`, and next to nothing where few songs have changed on SQLite;
        holds nothing up. Without it keys are answered more slowly.
        """
        self._prepare_words()
        now = time.monotonic()
        if now - self._ordered_at >= ORDERS_EVERY_S:
            self._ordered_at = now
            self._prepare_copies()
            self._prepare_order(_BEST_COPY, BEST_COPY)
            for field in FIELDS.values():
                if field.sort is not None:
                    sort = Sort(field.name, field.descending)
                    self._prepare_order(sort, Order.of(sort))

    def _prepare_words(self) -> None:
        with self._catalogue.read() as connection:
            words = self._words
            if words is None or words.state != state_of(connection):
                self._words = Words.read(connection)

    def _prepare_copies(self) -> None:
        with self._lock:
            version = self._look()
            with self._catalogue.read() as connection:
                if self._groups.are_named(connection):
                    self._groups.get(connection, 0)
                    return
        with self._catalogue.read() as connection:
            named = NamedGroups.read(connection)
        with self._lock:
            if self._look() == version or self._on_sqlite:
                self._groups.put(named)

    def _prepare_order(self, name: Sort | str, order: Order) -> None:
        with self._lock:
            version = self._look()
            with self._catalogue.read() as connection:
                if self._orders.is_near(connection, name):
                    self._orders.get(connection, name, order)
                    return
        with self._catalogue.read() as connection:
            kept = read_order(connection, order)
        with self._lock:
            if self._look() == version or self._on_sqlite:
                self._orders.put(name, kept)

    def search(self, query: Query | str, *, grouped: bool = False) -> Listing:
        """Numbers of the kept songs that satisfy `query`, in its order.

        Without an order of the user's, few hits of a text stand by how well they match. A text that
        no song holds also finds what differs by one letter in five.

        Args:
            query: a search, or its text.
            grouped: list only the best copy of each song (same title and artist, or the same
                sound): by grade, stars, taste score, plays, certainty of its cut, date.

        Raises:
            QueryError: the text cannot be understood.
        """
        if isinstance(query, str):
            query = parse(query)
        with self._lock:
            version = self._look()
            with self._catalogue.read() as connection:
                numbers = self._order(connection, query.sort)
                ranked = False
                if not query.is_everything:
                    size = int(numbers.max(initial=0)) + 1
                    numbers = numbers[self._mask(connection, query.tree, size)[numbers]]
                    if not query.sorted_by_user and 1 < len(numbers) <= MAX_RANKED:
                        by_match = self._ranked.of(connection, query.tree, numbers)
                        ranked = by_match is not None
                        numbers = numbers if by_match is None else by_match
                copies = None
                if grouped:
                    numbers, copies = self._group(connection, numbers)
        if query.limit is not None:
            numbers = numbers[: query.limit]
            copies = None if copies is None else copies[: query.limit]
        return Listing(query, numbers, version, copies, ranked)

    def performances(self, numbers: Sequence[int] | np.ndarray) -> np.ndarray:
        """int64 (n,): how many songs of the library have the title and artist of each of these, or
        sound like it."""
        wanted = np.asarray(numbers, np.int64)
        with self._lock:
            self._look()
            with self._catalogue.read() as connection:
                kept = self._order(connection, parse("").sort)
                size = max(kept.max(initial=0), wanted.max(initial=0))
                groups = self._groups.get(connection, int(size))
        _unique, group_of, counts = np.unique(groups[kept], return_inverse=True, return_counts=True)
        sung = np.ones(len(groups), np.int64)
        sung[kept] = counts[group_of]
        return sung[wanted]

    def songs(self, numbers: Sequence[int] | np.ndarray, *, tags: bool = False) -> list[Song]:
        """Songs by their numbers, in the order asked; those that are gone are left out.

        `numbers` is int (n_songs,).
        """
        return [song for _number, song in self.numbered(numbers, tags=tags)]

    def numbered(
        self, numbers: Sequence[int] | np.ndarray, *, tags: bool = False
    ) -> list[tuple[int, Song]]:
        """As `songs`, each with its number.

        `numbers` is int (n_songs,).
        """
        wanted = [int(number) for number in numbers]
        rows: dict[int, Any] = {}
        known_tags: dict[str, list[str]] = {}
        with self._catalogue.read() as connection:
            for at in range(0, len(wanted), 500):
                query = sa.select(*COLUMNS).where(songs.c.number.in_(wanted[at : at + 500]))
                rows |= {row.number: row for row in connection.execute(query)}
            if tags:
                known_tags = tags_of(connection, [row.id for row in rows.values()])
        return [
            (number, song_from_row(rows[number], known_tags.get(rows[number].id, ())))
            for number in wanted
            if number in rows
        ]

    def songs_by_id(self, song_ids: Sequence[str]) -> list[Song]:
        """Songs by their ids, in the order asked; those that are gone are left out."""
        rows: dict[str, Any] = {}
        with self._catalogue.read() as connection:
            for at in range(0, len(song_ids), 500):
                query = sa.select(*COLUMNS).where(songs.c.id.in_(song_ids[at : at + 500]))
                rows |= {row.id: row for row in connection.execute(query)}
        return [song_from_row(rows[song_id]) for song_id in song_ids if song_id in rows]

    def numbers_of(self, song_ids: Sequence[str]) -> dict[str, int]:
        """Numbers by song id."""
        found: dict[str, int] = {}
        with self._catalogue.read() as connection:
            for at in range(0, len(song_ids), 500):
                query = sa.select(songs.c.id, songs.c.number).where(
                    songs.c.id.in_(song_ids[at : at + 500])
                )
                found |= {row.id: row.number for row in connection.execute(query)}
        return found

    def facet(self, name: str, listing: Listing, *, limit: int = 50) -> list[FacetValue]:
        """The commonest values of a field in a listing.

        `name` is `singer`, `channel`, `artist`, `stream`, `grade`, `year` or `tag`.
        """
        if name == "tag":
            return self._tag_facet(listing)[:limit]
        with self._lock:
            self._look()
            with self._catalogue.read() as connection:
                values, codes = self._codes(connection, name)
        inside = codes[listing.numbers[listing.numbers < len(codes)]]
        counts = np.bincount(inside, minlength=len(values))
        found = [FacetValue(values[code], int(counts[code])) for code in np.flatnonzero(counts)]
        return sorted(found, key=lambda value: (-value.n_songs, value.value))[:limit]

    def _tag_facet(self, listing: Listing) -> list[FacetValue]:
        with self._lock, self._catalogue.read() as connection:
            state = state_of(connection)
            if self._tags is None or self._tags[0] != state:
                rows = connection.execute(
                    sa.select(songs.c.number, song_tags.c.tag)
                    .join(song_tags, song_tags.c.song_id == songs.c.id)
                    .distinct()
                ).all()
                known: dict[str, int] = {}
                codes = np.array([known.setdefault(row[1], len(known)) for row in rows], np.int64)
                numbers = np.array([row[0] for row in rows], np.int64)
                self._tags = (state, list(known), codes, numbers)
            _state, tags, codes, numbers = self._tags
        inside = codes[np.isin(numbers, listing.numbers)]
        counts = np.bincount(inside, minlength=len(tags))
        found = [FacetValue(tags[code], int(counts[code])) for code in np.flatnonzero(counts)]
        return sorted(found, key=lambda value: (-value.n_songs, value.value))

    def values(self, field: str, typed: str, *, limit: int = 8) -> list[tuple[str, str]]:
        """Values of a text field that hold what is typed, the commonest first, with counts."""
        if field == "tag":
            column: Any = song_tags.c.tag
            query = sa.select(column, sa.func.count(sa.distinct(song_tags.c.song_id)))
        else:
            column = {
                "title": songs.c.title,
                "artist": songs.c.artist,
                "singer": songs.c.singer,
                "channel": songs.c.channel,
                "stream": songs.c.stream_title,
            }[field]
            query = sa.select(column, sa.func.count()).where(songs.c.state == "kept", column != "")
        wanted = fold(typed)
        with self._catalogue.read() as connection:
            rows = [(row[0], row[1]) for row in connection.execute(query.group_by(column))]
        if wanted:
            rows = [row for row in rows if wanted in fold(row[0])]
        rows.sort(key=lambda row: (not fold(row[0]).startswith(wanted), -row[1], row[0]))
        return [(value, f"{n:,}") for value, n in rows[:limit]]

    def _codes(self, connection: sa.Connection, name: str) -> tuple[list[str], np.ndarray]:
        """Values of a facet, and int64 (n,) the index of the value of each song number."""
        if name not in self._facets:
            column = {
                "singer": songs.c.singer,
                "channel": songs.c.channel,
                "artist": songs.c.artist,
                "stream": songs.c.stream_title,
                "grade": songs.c.grade,
                "year": sa.func.substr(songs.c.uploaded_on, 1, 4),
            }[name]
            known: dict[str, int] = {}
            found = [
                (known.setdefault(_facet_word(name, value), len(known)), numbers)
                for value, numbers in numbers_by(connection, songs.c.number, column)
            ]
            codes = np.zeros(1 + max((int(n.max()) for _code, n in found), default=0), np.int64)
            for code, numbers in found:
                codes[numbers] = code
            self._facets[name] = (list(known), codes)
        return self._facets[name]

    def _look(self) -> int:
        """Drop what is cached if somebody has written since."""
        version, songs_version = self._changes()
        if songs_version != self._version:
            self._version = songs_version
            self._leaves.clear()
            self._ranked.clear()
            self._facets.clear()
            if not self._on_sqlite:  # which writes down what was changed
                self._orders.clear()
                self._groups.clear()
        return version

    @property
    def _on_sqlite(self) -> bool:
        return self._engine.dialect.name == "sqlite"

    def _changes(self) -> tuple[int, int]:
        """Two numbers: one differs after any change, the other after one that a search sees."""
        if not self._on_sqlite:
            if self._counter is None:
                from utawaku.library.postgres import ChangeCounter

                self._counter = ChangeCounter(self._engine)
            changes = self._counter.read()
            return changes.n_all, changes.n_songs
        if self._watch is None:
            self._watch = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        # Not through SQLAlchemy: its transaction would pin one view of the database.
        cursor = self._watch.connection.cursor()
        version = int(cursor.execute("PRAGMA data_version").fetchone()[0])
        cursor.close()
        return version, version

    def _order(self, connection: sa.Connection, sort: Sort) -> np.ndarray:
        return self._orders.get(connection, sort, Order.of(sort))

    def _mask(
        self, connection: sa.Connection, node: Node, size: int, *, forgives: bool = True
    ) -> np.ndarray:
        """bool (size,): which song numbers satisfy the tree."""
        if isinstance(node, Term):
            mask = np.zeros(size, bool)
            numbers = self._leaf(connection, node, forgives=forgives)
            mask[numbers[numbers < size]] = True
            return mask
        if isinstance(node, Not):
            # Only what is named is left out, and nothing that is like it.
            return ~self._mask(connection, node.part, size, forgives=False)
        mask = np.full(size, isinstance(node, And))
        for part in node.parts:
            other = self._mask(connection, part, size, forgives=forgives)
            mask = mask & other if isinstance(node, And) else mask | other
        return mask

    def _leaf(self, connection: sa.Connection, term: Term, *, forgives: bool) -> np.ndarray:
        key = (term, forgives)
        if key in self._leaves:
            self._leaves.move_to_end(key)
            return self._leaves[key]
        from utawaku.library.query.spellings import spellings_of  # to list all songs needs none

        found = [
            self._found(connection, term, spelling)
            for value in term.values
            for spelling in (spellings_of(value) if is_text(term) else (value,))
        ]
        numbers = np.concatenate(found)
        if forgives and is_text(term) and not len(numbers):
            near = [self._near(connection, term, value) for value in term.values]
            numbers = np.concatenate(near)
        if term.operator == "!=" and FIELDS[term.field].searched:
            every = numbers_of_query(
                connection, sa.select(songs.c.number).where(songs.c.state == "kept")
            )
            numbers = np.setdiff1d(every, numbers)
        # What depends on the time of day is asked again each time.
        if term.field not in _DATED:
            self._leaves[key] = numbers
            if len(self._leaves) > _MAX_LEAVES:
                self._leaves.popitem(last=False)
        return numbers

    def _near(self, connection: sa.Connection, term: Term, value: str) -> np.ndarray:
        """Numbers of the songs that hold nearly this text in their title, artist or singer."""
        from utawaku.library.query.spellings import LETTERS_A_TYPO, nearly_in

        wanted = fold(value)
        if len(wanted) < LETTERS_A_TYPO:
            return np.zeros(0, np.int64)
        field = FIELDS.get(term.field)
        names = (field.searched,) if field is not None else FORGIVING
        found = [np.zeros(0, np.int64)]
        for name in names:
            column = song_search.c[name]
            near = nearly_in(wanted, self._distinct(connection, name))
            for at in range(0, len(near), 500):
                holds = column.in_(near[at : at + 500])
                found.append(
                    numbers_of_query(connection, sa.select(song_search.c.number).where(holds))
                )
        return np.unique(np.concatenate(found))

    def _distinct(self, connection: sa.Connection, name: str) -> list[str]:
        """Every text of a searched field, once."""
        state = state_of(connection)
        if self._texts_state != state:
            self._texts.clear()
            self._texts_state = state
        if name not in self._texts:
            column = song_search.c[name]
            query = sa.select(column).where(column != "").distinct()
            self._texts[name] = list(connection.scalars(query))
        return self._texts[name]

    def _found(self, connection: sa.Connection, term: Term, value: str) -> np.ndarray:
        words = self._words
        # `connection` may see an older or newer state of the texts than `words` was read from.
        if (
            words is not None
            and _is_short_word(term, value)
            and words.state == state_of(connection)
        ):
            field = FIELDS.get(term.field)
            return words.find(fold(value), field.searched if field is not None else "")
        queries = _leaf_queries(connection, term, value)
        return np.concatenate([numbers_of_query(connection, query) for query in queries])

    def _group(
        self, connection: sa.Connection, numbers: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        if not len(numbers):
            return numbers, numbers
        last = int(numbers.max())
        groups, ranks = self._groups.get(connection, last), self._ranks_to(connection, last)
        return best_copies(numbers, groups, ranks)

    def _ranks_to(self, connection: sa.Connection, last: int) -> np.ndarray:
        return ranks_of(self._orders.get(connection, _BEST_COPY, BEST_COPY), last)


_GRADES = {1: "like", 0: "neutral", -1: "dislike", None: "none"}


def _facet_word(name: str, value: Any) -> str:
    return _GRADES[value] if name == "grade" else str(value or "")


def is_text(term: Term) -> bool:
    """Return whether a term looks for a part of a text."""
    field = FIELDS.get(term.field)
    return term.operator == ":" and (field is None or bool(field.searched))


def _is_short_word(term: Term, value: str) -> bool:
    """Return whether this looks for a part of a text, too short for the trigram index."""
    field = FIELDS.get(term.field)
    if field is not None and (field.condition is not None or term.operator in ("=", "!=")):
        return False
    return 0 < len(fold(value)) < TRIGRAM


def _leaf_queries(connection: sa.Connection, term: Term, value: str) -> list[sa.Select[Any]]:
    field = FIELDS.get(term.field)
    if field is not None and field.condition is not None:
        condition = field.condition(term.operator, value, time.time())
        return [sa.select(songs.c.number).where(condition)]
    searched = field.searched if field is not None else ""
    wanted = fold(value)
    if term.operator in ("=", "!=") and field is not None:
        if field.searched == "tags":
            tagged = sa.select(song_tags.c.song_id).where(sa.func.lower(song_tags.c.tag) == wanted)
            return [sa.select(songs.c.number).where(songs.c.id.in_(tagged))]
        return [sa.select(song_search.c.number).where(song_search.c[searched] == wanted)]
    if not wanted:
        return [sa.select(song_search.c.number)]
    if "\0" in wanted and connection.dialect.name != "sqlite":
        return [sa.select(song_search.c.number).where(sa.false())]  # it holds no such text
    # The index reads what it looks for only up to a NUL.
    if len(wanted) >= TRIGRAM and "\0" not in wanted and connection.dialect.name == "sqlite":
        phrase = '"' + wanted.replace('"', '""') + '"'
        columns = f"{searched} : " if field is not None else ""
        return [
            sa.select(sa.literal_column("rowid", sa.Integer).label("number"))
            .select_from(sa.table("song_fts"))
            .where(sa.text("song_fts MATCH :phrase").bindparams(phrase=columns + phrase))
        ]
    column = song_search.c[searched] if field is not None else song_search.c.everything
    if connection.dialect.name == "sqlite":
        found = sa.func.instr(column, wanted) > 0
    else:
        found = column.contains(wanted, autoescape=True)
    return [sa.select(song_search.c.number).where(found)]
