"""MusicBrainz: ids, spelling and aliases (romaji, kana, kanji) of a song whose name is known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from utawaku.library.text import clean_line
from utawaku.models.labels import artist_key, same_song, title_key
from utawaku.services.sources.client import SourceClient

LEAST_SCORE = 90
"""MusicBrainz' own mark of a hit, up to 100."""

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}\d{7}")
_LUCENE = re.compile(r'([+\-&|!(){}\[\]^"~*?:\\/])')
_MAX_ALIASES = 30


@dataclass(frozen=True, slots=True)
class Spelling:
    """A song as MusicBrainz writes it."""

    recording_id: str
    title: str
    artist: str
    isrc: str = ""
    title_aliases: tuple[str, ...] = ()
    artist_aliases: tuple[str, ...] = ()

    def evidence(self) -> dict[str, Any]:
        """Return what is kept beside the label."""
        return asdict(self)


def ask_musicbrainz(client: SourceClient, title: str, artist: str) -> Spelling | None:
    """Return the recording that means this song; None where no hit surely does.

    A hit counts when its title and artist, or an alias of either, fold to the same.

    Raises:
        SourceError: MusicBrainz has no answer now.
    """
    if not title.strip() or not artist.strip():
        return None  # a title alone means many songs
    query = f'recording:"{_escaped(title)}" AND artist:"{_escaped(artist)}"'
    answer = client.get("/ws/2/recording", {"query": query, "fmt": "json", "limit": "10"})
    for hit in _rows(answer, "recordings"):
        spelling = _means(hit, title, artist)
        if spelling is not None:
            return _with_aliases(client, spelling)
    return None


def _means(hit: dict[str, Any], title: str, artist: str) -> Spelling | None:
    names = [*_names(hit, "artist-credit")]
    shown = _credit(hit)
    own = _line(hit.get("title"))
    recording_id = hit.get("id")
    score = hit.get("score")
    if not isinstance(recording_id, str) or not _UUID.fullmatch(recording_id):
        return None
    if not isinstance(score, int) or isinstance(score, bool) or score < LEAST_SCORE:
        return None
    by_artist = any(artist_key(name) == artist_key(artist) for name in (shown, *names))
    if not own or not (by_artist and same_song(title, "", own, "")):
        return None
    isrcs = [one for one in hit.get("isrcs") or () if isinstance(one, str)]
    return Spelling(
        recording_id,
        own,
        shown,
        next((one for one in isrcs if _ISRC.fullmatch(one)), ""),
        artist_aliases=_unique(names, but=shown),
    )


def _with_aliases(client: SourceClient, spelling: Spelling) -> Spelling:
    """Add the recording's own aliases, which the search does not tell."""
    answer = client.get(
        f"/ws/2/recording/{spelling.recording_id}",
        {"inc": "aliases+artist-credits+isrcs", "fmt": "json"},
    )
    if not isinstance(answer, dict):
        return spelling
    titles = [_line(row.get("name")) for row in _rows(answer, "aliases")]
    isrcs = [one for one in answer.get("isrcs") or () if isinstance(one, str)]
    return Spelling(
        spelling.recording_id,
        spelling.title,
        spelling.artist,
        spelling.isrc or next((one for one in isrcs if _ISRC.fullmatch(one)), ""),
        _unique(titles, but=spelling.title),
        _unique([*spelling.artist_aliases, *_names(answer, "artist-credit")], but=spelling.artist),
    )


def spelled_alike(spelling: Spelling, title: str, artist: str) -> bool:
    """Return True where only width, case or signs differ: then MusicBrainz' spelling is better."""
    return (title_key(spelling.title), artist_key(spelling.artist)) == (
        title_key(title),
        artist_key(artist),
    )


def _names(hit: dict[str, Any], key: str) -> Iterator[str]:
    """Yield every name of every credited artist: as credited, own, sorted, aliases."""
    for credit in _rows(hit, key):
        yield _line(credit.get("name"))
        artist = credit.get("artist")
        if isinstance(artist, dict):
            yield _line(artist.get("name"))
            yield _line(artist.get("sort-name"))
            for alias in _rows(artist, "aliases"):
                yield _line(alias.get("name"))


def _credit(hit: dict[str, Any]) -> str:
    parts = []
    for credit in _rows(hit, "artist-credit"):
        joined = credit.get("joinphrase")
        parts.append(_line(credit.get("name")) + (joined if isinstance(joined, str) else ""))
    return _line("".join(parts))


def _unique(names: list[str], *, but: str) -> tuple[str, ...]:
    kept = dict.fromkeys(name for name in names if name and name != but)
    return tuple(kept)[:_MAX_ALIASES]


def _rows(value: Any, key: str) -> list[dict[str, Any]]:
    rows = value.get(key) if isinstance(value, dict) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _line(value: Any) -> str:
    return clean_line(value[:300]) if isinstance(value, str) else ""


def _escaped(text: str) -> str:
    return _LUCENE.sub(r"\\\1", clean_line(text))
