"""Endless choices of the next songs: more like one, never played, the best of a channel."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

from utawaku.library.folding import fold
from utawaku.library.query.results import quote
from utawaku.library.records import Song

if TYPE_CHECKING:  # the first screen waits for this module, and not for these
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import Settings
    from utawaku.library.similarity import NearestSongs

Kind = Literal["like", "never", "channel", "singer"]
KINDS: tuple[Kind, ...] = ("like", "never", "channel", "singer")
N_NEAR = 120
"""Songs that are compared for one choice."""
N_APART = 20
"""A title comes again only after so many other songs."""
TASTE_WEIGHT = 0.15
"""Likeness that a taste score of 1 is worth more than one of 0."""


@dataclass(frozen=True)
class Radio:
    """A wish for endless songs."""

    kind: Kind
    subject: str = ""
    """Id of a song, or name of a channel or singer."""
    title: str = ""
    """Subject as it is shown."""

    @property
    def name(self) -> str:
        """Words for it."""
        return {
            "like": f"more like {self.title}",
            "never": "never played",
            "channel": f"best of {self.title}",
            "singer": f"best of {self.title}",
        }[self.kind]

    def stored(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)

    @classmethod
    def read(cls, stored: Any) -> Self | None:
        """Return what `stored` wrote; None where it is something else."""
        if not isinstance(stored, dict) or stored.get("kind") not in KINDS:
            return None
        return cls(stored["kind"], str(stored.get("subject", "")), str(stored.get("title", "")))


def next_songs(
    radio: Radio, heard: Sequence[str], catalogue: "Catalogue", settings: "Settings", *, n: int = 5
) -> list[str]:
    """Return ids of the songs to play next, best first; never one of the last `N_APART`.

    Args:
        radio: the wish.
        heard: ids of what was played or waits, the latest last.
        catalogue: where songs are looked up.
        settings: where the index of likeness lies.
        n: songs to choose. Fewer come only where the library has no more.
    """
    if radio.kind == "like":
        from utawaku.library.similarity_index import alike

        index = alike(catalogue, settings)
        if radio.subject in index:
            ranked = _ranked_by_likeness(radio.subject, heard, index, catalogue)
            return _apart(ranked, heard, catalogue, n)
    return _apart(_listed(radio, len(heard), catalogue), heard, catalogue, n)


def _ranked_by_likeness(
    seed: str, heard: Sequence[str], index: "NearestSongs", catalogue: "Catalogue"
) -> list[Song]:
    """Songs like the seed and like what was heard last: so it goes on when the nearest are over."""
    likeness: dict[str, float] = {}
    latest = [song_id for song_id in reversed(heard) if song_id in index and song_id != seed][:1]
    for song_id in [seed, *latest]:
        for near in index.like(song_id, min(len(index), N_NEAR + len(heard))):
            likeness[near.song_id] = max(likeness.get(near.song_id, -1.0), near.likeness)
    songs = catalogue.browser.songs_by_id(list(likeness))

    def worth(song: Song) -> float:
        taste = song.taste if song.taste is not None else 0.5
        return likeness[song.id] + TASTE_WEIGHT * taste

    return sorted(songs, key=worth, reverse=True)


def _listed(radio: Radio, n_heard: int, catalogue: "Catalogue") -> list[Song]:
    """Songs by a query, the best first: grade and stars, then taste score."""
    query = {
        "never": "plays:0",
        "channel": f"channel={quote(radio.subject)}",
        "singer": f"singer={quote(radio.subject)}",
        "like": f"-id:{quote(radio.subject)}",
    }[radio.kind]
    browser = catalogue.browser
    listing = browser.search(f"{query} -grade:dislike sort:taste", grouped=True)
    songs = browser.songs(listing.numbers[: N_NEAR + n_heard])
    return sorted(songs, key=lambda song: -((song.grade or 0) + (song.stars or 0)))


def _apart(
    ranked: Sequence[Song], heard: Sequence[str], catalogue: "Catalogue", n: int
) -> list[str]:
    """Choose the best that were not heard; where all were, those heard longest ago."""
    place = {song_id: at for at, song_id in enumerate(heard)}
    usable = [song for song in ranked if song.grade != -1 and song.state == "kept"]
    latest = catalogue.browser.songs_by_id(list(dict.fromkeys(heard[-N_APART:])))
    recent = {_name(song) for song in latest}
    ids = {song.id for song in latest}
    ordered = sorted(usable, key=lambda song: place.get(song.id, -1))  # stable: best first
    chosen = _without(ordered, ids, recent, n)
    if not chosen and len(usable) > 1:
        chosen = _without(ordered, ids & set(heard[-1:]), set(), n)
    return chosen


def _without(songs: Sequence[Song], ids: Collection[str], names: set[str], n: int) -> list[str]:
    chosen: list[str] = []
    for song in songs:
        name = _name(song)
        if song.id in ids or name in names:
            continue
        chosen.append(song.id)
        names = names | {name}
        if len(chosen) == n:
            break
    return chosen


def _name(song: Song) -> str:
    """A text that versions of one song share; its own for a song without a title."""
    return fold(f"{song.title}\n{song.artist}") if song.title else song.id
