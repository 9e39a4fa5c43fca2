"""Songs that the user liked elsewhere, as training data: a playlist, a list of them, files."""

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import NotFoundError, UsageError, UtawakuError
from utawaku.library.progress import Progress, silent
from utawaku.library.records import Candidate
from utawaku.library.shared_files import PREVIEWS
from utawaku.library.sites import full_address
from utawaku.library.static_playlists import SUFFIX, lines_of
from utawaku.library.store.candidates import OF_LISTS
from utawaku.library.text import clean_line
from utawaku.media.folders import media_files
from utawaku.models.tagger import Tagger
from utawaku.services.downloader import Downloader
from utawaku.services.rate_limits import asking
from utawaku.workflows.crawl import hear_some, preview_some
from utawaku.workflows.ingest import is_address
from utawaku.workflows.taste_candidates import marks_without_sound

LISTS = (".txt", SUFFIX, ".m3u")
"""Files that list addresses and paths, one a line."""
MOST = 2_000
"""Songs taken of one playlist."""


@dataclass
class Taught:
    """The outcome of a list."""

    n_new: int = 0
    n_graded: int = 0
    """Songs of the library that were graded."""
    n_waiting: int = 0
    """Songs of which nothing was heard yet; the next round of the crawler, or the same command,
    goes on."""
    failures: list[str] = field(default_factory=list)


def teach(
    sources: list[str],
    grade: int,
    catalogue: Catalogue,
    settings: Settings,
    downloader: Downloader,
    tagger: Tagger | None,
    progress: Progress = silent,
) -> Taught:
    """Learn from lists of liked (`grade` 1) or disliked (-1) songs.

    A song that is in the library is graded there. Of the others a preview is heard, within the
    budget of the day that the settings allow the crawler; nothing is ingested.

    Args:
        sources: playlists and uploads, media files, folders, and files that list any of these.
        tagger: hears previews; None leaves that to a later round.
    """
    done = Taught()
    found: list[Candidate] = []
    entries: list[str] = []
    for source in sources:
        try:
            entries += entries_of(source)
        except UtawakuError as error:
            done.failures.append(str(error))
    for number, entry in enumerate(entries):
        progress(0.3 * number / len(entries), f"reading {entry}")
        try:
            found += _songs_of(entry, catalogue, downloader)
        except UtawakuError as error:
            done.failures.append(str(error))
    rest = []
    for one in found:
        if _graded_in_library(one, grade, catalogue):
            done.n_graded += 1
        else:
            rest.append(one)
    done.n_new = len(catalogue.candidates.teach(rest, grade=grade, previews=PREVIEWS))
    progress(0.3, "fetching previews")
    preview_some(catalogue, settings, downloader, time.time(), done.failures)
    progress(0.7, "listening")
    if tagger is not None:
        hear_some(catalogue, settings, tagger)
    done.n_waiting = len(marks_without_sound(catalogue, settings))
    return done


def entries_of(source: str) -> list[str]:
    """Return the addresses and paths that a file lists; any other source itself.

    Raises:
        NotFoundError, LibraryFileError: the file cannot be read.
    """
    path = Path(source).expanduser().absolute()
    if is_address(full_address(source)) or path.suffix.lower() not in LISTS or path.is_dir():
        return [source]
    listed = [line.path for line in lines_of(path)]
    return [one if is_address(one) else str(path.parent / one) for one in listed]


def _songs_of(source: str, catalogue: Catalogue, downloader: Downloader) -> Iterator[Candidate]:
    source = full_address(source)
    if is_address(source):
        yield from _of_site(source, catalogue, downloader)
        return
    path = Path(source).expanduser().absolute()
    if path.is_dir():
        for file, _ in media_files(path):
            yield _of_file(file)
    elif path.suffix.lower() in LISTS:
        raise UsageError("a list inside of a list is not read", subject=str(path))
    elif path.is_file():
        yield _of_file(path)
    else:
        raise NotFoundError("there is no such file or folder", subject=str(path))


def _of_site(address: str, catalogue: Catalogue, downloader: Downloader) -> Iterator[Candidate]:
    with asking(address, catalogue):
        info = downloader.resolve(address)
    if not info.is_playlist:
        yield Candidate(0, info.stream_id, info.url, info.title, info.channel, info.duration_s,
                        source=OF_LISTS)  # fmt: skip
        return
    for entry in info.entries[:MOST]:
        yield Candidate(0, entry.stream_id or entry.url, entry.url, entry.title,
                        duration_s=entry.duration_s, source=OF_LISTS)  # fmt: skip


def _of_file(path: Path) -> Candidate:
    key = hashlib.sha256(str(path).encode("utf-8", "surrogateescape")).hexdigest()[:24]
    return Candidate(0, f"path-{key}", str(path), clean_line(path.stem), source=OF_LISTS)


def _graded_in_library(one: Candidate, grade: int, catalogue: Catalogue) -> bool:
    """Grade the song of the library that a stream consists of, unless it has a grade."""
    stream = catalogue.streams.find(one.key) or catalogue.streams.by_url(one.url)
    songs = catalogue.songs.of_stream(stream.id) if stream is not None else []
    if len(songs) != 1:
        return False
    if songs[0].grade is None:
        catalogue.grades.give(songs[0].id, grade=grade)
    return True
