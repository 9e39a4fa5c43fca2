"""Lyrics of a song: those beside its file or in its tags, else from LRCLIB."""

from pathlib import Path

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import LyricsError
from utawaku.library.lrc import Lyrics
from utawaku.library.lyrics_files import keep_lyrics, read_lyrics
from utawaku.library.records import Song
from utawaku.services.sources.lrclib import ask_lrclib
from utawaku.workflows.sources import client_of


def file_of(song: Song, settings: Settings) -> Path:
    """Return the file of a song.

    Raises:
        LyricsError: it has none yet.
    """
    path = settings.library_root / song.file_path
    if not song.file_path or not path.is_file():
        raise LyricsError(
            "has no file to write lyrics to",
            subject=song.title or song.id,
            next_step="Let it be cut first",
        )
    return path


def find_lyrics(
    song: Song, catalogue: Catalogue, settings: Settings, *, again: bool = False
) -> tuple[Lyrics, str]:
    """Return the lyrics of a song and where they come from; new ones are written to its file.

    Aliases of the title and artist are tried after the names themselves. With `again` LRCLIB is
    asked though there are lyrics.

    Raises:
        LyricsError: there are none, or LRCLIB is switched off.
        SourceError: LRCLIB has no answer now.
    """
    path = file_of(song, settings)
    known = read_lyrics(path)
    if known is not None and known.is_synced and not again:
        return known, "file"
    if not settings.sources.lrclib:
        if known is not None:
            return known, "file"
        raise LyricsError(
            "there are no lyrics",
            subject=song.title or song.id,
            next_step="Put a .lrc file beside the song, or switch sources.lrclib on",
        )
    client = client_of("lrclib", settings, catalogue)
    try:
        for title, artist in _names(song, catalogue):
            found = ask_lrclib(client, title, artist, song.duration_s)
            if found is not None and (found.is_synced or known is None):
                keep_lyrics(song, path, found)
                return found, "LRCLIB"
    finally:
        client.close()
    if known is not None:
        return known, "file"
    raise LyricsError(
        "LRCLIB knows no lyrics of it",
        subject=f"{song.title} - {song.artist}".strip(" -") or song.id,
        next_step="Correct its name, or put a .lrc file beside it",
    )


def _names(song: Song, catalogue: Catalogue) -> list[tuple[str, str]]:
    aliases = catalogue.aliases.of_song(song.id)
    titles = [song.title, *(text for kind, text, _source in aliases if kind == "title")]
    artists = [song.artist, *(text for kind, text, _source in aliases if kind == "artist")]
    pairs = [(titles[0], artists[0])]
    pairs += [(title, artist) for title in titles[:3] for artist in artists[:3]]
    return list(dict.fromkeys(pairs))
