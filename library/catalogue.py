"""The catalogue: the one door to the database.

SQLite in WAL mode is the embedded default; any PostgreSQL URL serves the same schema. Reads never
wait for writers; writes take their turn (`BEGIN IMMEDIATE`, or an advisory lock on PostgreSQL; 30 s
busy timeout) and either happen whole or not at all. A store is imported when it is first used: most
commands use few of them.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError

from utawaku.library.config import Settings
from utawaku.library.errors import (
    MAKE_ROOM,
    CatalogueError,
    CatalogueFullError,
    CatalogueLockedError,
    ConfigError,
    is_disk_full,
)
from utawaku.library.migrations import HEAD, migrate
from utawaku.library.secret_url import without_credentials
from utawaku.library.store.connections import write_options
from utawaku.library.write_ahead import use_write_ahead_log

if TYPE_CHECKING:
    from utawaku.library.store.accounts import AccountRecords
    from utawaku.library.store.aliases import Aliases
    from utawaku.library.store.assets import AssetStates
    from utawaku.library.store.browse import Browser
    from utawaku.library.store.candidates import Candidates
    from utawaku.library.store.channels import Channels
    from utawaku.library.store.edits import Edits
    from utawaku.library.store.fingerprints import Fingerprints
    from utawaku.library.store.grades import Grades
    from utawaku.library.store.highlights import Highlights
    from utawaku.library.store.insights import Insights
    from utawaku.library.store.labels import Labels
    from utawaku.library.store.leases import Leases
    from utawaku.library.store.notices import Notices
    from utawaku.library.store.overview import Overview
    from utawaku.library.store.requests import Requests
    from utawaku.library.store.review import Review
    from utawaku.library.store.saved_queries import SavedQueries
    from utawaku.library.store.setlists import Setlists
    from utawaku.library.store.sites import Sites
    from utawaku.library.store.song_files import SongFiles
    from utawaku.library.store.songs import Songs
    from utawaku.library.store.sound_links import Sounds
    from utawaku.library.store.state_values import Memories
    from utawaku.library.store.stems import StemRecords
    from utawaku.library.store.stored_times import StoredTimes
    from utawaku.library.store.streams import Streams
    from utawaku.library.store.submissions import Submissions
    from utawaku.library.store.taste import TasteStore
    from utawaku.library.store.timelines import Timelines

BUSY_TIMEOUT_S = 30.0


class Catalogue:
    """Streams, songs and all that is known of them. Safe to share between threads."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.fence: Callable[[sa.Connection], None] | None = None
        """Called at the begin of each change; what it raises keeps the change from being made."""

    @classmethod
    def open(cls, settings: Settings, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> Self:
        """Open the catalogue of `settings`, making or migrating it where needed.

        Raises:
            CatalogueTooNewError: a newer utawaku made it.
            CatalogueLockedError: somebody else holds it for longer than the busy timeout.
            CatalogueError: it cannot be opened (no permission, not a database, disk full).
        """
        return cls.open_url(
            settings.database_url,
            busy_timeout_s=busy_timeout_s,
            backups=settings.data_dir / "backups",
        )

    @classmethod
    def open_url(
        cls, url: str, *, busy_timeout_s: float = BUSY_TIMEOUT_S, backups: Path | None = None
    ) -> Self:
        """Open the catalogue at an SQLAlchemy URL; see `open`.

        `backups` is where a copy of an older catalogue on PostgreSQL goes before it is upgraded.
        Without it that is refused; the copy of a SQLite file goes into `backups/` beside it.

        Raises:
            ConfigError: it is no URL, or names a database or driver that is not supported.
            ExtraMissingError: the driver of PostgreSQL is not installed.
        """
        parsed = _parsed(url)
        try:
            if _is_sqlite(parsed):
                Path(parsed.database or "").parent.mkdir(parents=True, exist_ok=True)
            engine = _engine(parsed, busy_timeout_s)
            with _named_errors(parsed):
                if _version(engine) != HEAD:
                    migrate(engine, backups)
        except OSError as error:
            if is_disk_full(error, Path(parsed.database or "").parent):
                raise _full(parsed) from error
            raise CatalogueError(
                f"cannot be opened ({error.strerror})",
                subject=_shown(parsed),
                next_step="Check the folder's permissions, or set data_dir",
            ) from error
        return cls(engine)

    def close(self) -> None:
        """Give the connections back."""
        if "browser" in vars(self):
            self.browser.close()
        self.engine.dispose()

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A consistent view for a few queries."""
        with _named_errors(self.engine.url), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """One transaction: committed at the end, undone on any error."""
        with (
            _named_errors(self.engine.url),
            self.engine.connect().execution_options(**write_options(self.engine)) as connection,
            connection.begin(),
        ):
            if self.fence is not None:
                self.fence(connection)
            yield connection

    def backup(self, target: Path) -> None:
        """Copy the catalogue to `target` while others use it.

        SQLite's online backup, or on PostgreSQL a file of `pg_dump`.

        Raises:
            CatalogueError: `pg_dump` is not installed, or failed.
        """
        if self.engine.dialect.name != "sqlite":
            from utawaku.library.postgres_care import dump

            dump(self.engine, target)
            return
        temporary = target.with_name(target.name + ".part")
        target.parent.mkdir(parents=True, exist_ok=True)
        with self.engine.connect() as connection:
            source = connection.connection.driver_connection
            assert isinstance(source, sqlite3.Connection)
            copy = sqlite3.connect(temporary)
            try:
                source.backup(copy)
            finally:
                copy.close()
        temporary.replace(target)

    def size_bytes(self) -> int:
        """Return the size of the database: of its file, or of its tables on the server."""
        if self.engine.dialect.name == "sqlite":
            path = Path(self.engine.url.database or "")
            return path.stat().st_size if path.exists() else 0
        from utawaku.library.postgres_care import size_bytes

        with self.read() as connection:
            return size_bytes(connection)

    @cached_property
    def channels(self) -> "Channels":
        """Followed channels."""
        from utawaku.library.store.channels import Channels

        return Channels(self)

    @cached_property
    def streams(self) -> "Streams":
        """Archived broadcasts and their segments."""
        from utawaku.library.store.streams import Streams

        return Streams(self)

    @cached_property
    def aliases(self) -> "Aliases":
        """Other spellings of songs, for searches."""
        from utawaku.library.store.aliases import Aliases

        return Aliases(self)

    @cached_property
    def labels(self) -> "Labels":
        """Return who a song may be."""
        from utawaku.library.store.labels import Labels

        return Labels(self)

    @cached_property
    def song_files(self) -> "SongFiles":
        """Tags of song files as they were written last."""
        from utawaku.library.store.song_files import SongFiles

        return SongFiles(self)

    @cached_property
    def sounds(self) -> "Sounds":
        """Return which songs sound alike."""
        from utawaku.library.store.sound_links import Sounds

        return Sounds(self)

    @cached_property
    def setlists(self) -> "Setlists":
        """Timestamps that people left."""
        from utawaku.library.store.setlists import Setlists

        return Setlists(self)

    @cached_property
    def songs(self) -> "Songs":
        """Kept cuts."""
        from utawaku.library.store.songs import Songs

        return Songs(self)

    @cached_property
    def timelines(self) -> "Timelines":
        """Clocks of streams."""
        from utawaku.library.store.timelines import Timelines

        return Timelines(self)

    @cached_property
    def assets(self) -> "AssetStates":
        """Return how far each artefact of each stream is."""
        from utawaku.library.store.assets import AssetStates

        return AssetStates(self)

    @cached_property
    def requests(self) -> "Requests":
        """Return what the user asked for."""
        from utawaku.library.store.requests import Requests

        return Requests(self)

    @cached_property
    def sites(self) -> "Sites":
        """Return what was asked of each site lately, and which are on cooldown."""
        from utawaku.library.store.sites import Sites

        return Sites(self)

    @cached_property
    def candidates(self) -> "Candidates":
        """Return what the crawler came across."""
        from utawaku.library.store.candidates import Candidates

        return Candidates(self)

    @cached_property
    def memories(self) -> "Memories":
        """Return what schedules remember."""
        from utawaku.library.store.state_values import Memories

        return Memories(self)

    @cached_property
    def leases(self) -> "Leases":
        """Return who is at work, and on which stream."""
        from utawaku.library.store.leases import Leases

        return Leases(self, self.engine)

    @cached_property
    def fingerprints(self) -> "Fingerprints":
        """Return recordings by their sound, as several machines share them."""
        from utawaku.library.store.fingerprints import Fingerprints

        return Fingerprints(self)

    @cached_property
    def stored_times(self) -> "StoredTimes":
        """Return what sets stored times right after the clock was set back."""
        from utawaku.library.store.stored_times import StoredTimes

        return StoredTimes(self)

    @cached_property
    def notices(self) -> "Notices":
        """Return what the user should know."""
        from utawaku.library.store.notices import Notices

        return Notices(self)

    @cached_property
    def accounts(self) -> "AccountRecords":
        """Return who is logged in where."""
        from utawaku.library.store.accounts import AccountRecords

        return AccountRecords(self)

    @cached_property
    def submissions(self) -> "Submissions":
        """Return what is published where, and what is on its way."""
        from utawaku.library.store.submissions import Submissions

        return Submissions(self)

    @cached_property
    def insights(self) -> "Insights":
        """Return what the engines found out about songs."""
        from utawaku.library.store.insights import Insights

        return Insights(self)

    @cached_property
    def stems(self) -> "StemRecords":
        """Songs taken apart."""
        from utawaku.library.store.stems import StemRecords

        return StemRecords(self)

    @cached_property
    def highlights(self) -> "Highlights":
        """The best part of each song."""
        from utawaku.library.store.highlights import Highlights

        return Highlights(self)

    @cached_property
    def edits(self) -> "Edits":
        """Return what the user changed by hand."""
        from utawaku.library.store.edits import Edits

        return Edits(self)

    @cached_property
    def review(self) -> "Review":
        """Return what to ask the user about next."""
        from utawaku.library.store.review import Review

        return Review(self)

    @cached_property
    def overview(self) -> "Overview":
        """Return how far all streams are."""
        from utawaku.library.store.overview import Overview

        return Overview(self)

    @cached_property
    def saved_queries(self) -> "SavedQueries":
        """Searches with a name."""
        from utawaku.library.store.saved_queries import SavedQueries

        return SavedQueries(self)

    @cached_property
    def browser(self) -> "Browser":
        """Searches over all songs."""
        from utawaku.library.store.browse import Browser

        return Browser(self, self.engine)

    @cached_property
    def taste(self) -> "TasteStore":
        """Return what the user likes, and what the models make of it."""
        from utawaku.library.store.taste import TasteStore

        return TasteStore(self)

    @cached_property
    def grades(self) -> "Grades":
        """Return what the user thinks of songs."""
        from utawaku.library.store.grades import Grades

        return Grades(self)


def _parsed(url: str) -> sa.URL:
    """The URL, with the driver that is used."""
    try:
        parsed = sa.make_url(url)
    except (ArgumentError, ValueError) as error:
        raise ConfigError(
            "catalogue_url is no database URL",
            subject=without_credentials(url),
            next_step="Use postgresql://USER:PASSWORD@HOST/NAME, or leave it empty for SQLite",
        ) from error
    if _is_sqlite(parsed):
        return parsed
    from utawaku.library.postgres import with_driver

    return with_driver(parsed)


def _is_sqlite(url: sa.URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _shown(url: sa.URL) -> str:
    return without_credentials(url.render_as_string(hide_password=False))


def _engine(url: sa.URL, busy_timeout_s: float) -> sa.Engine:
    if not _is_sqlite(url):
        from utawaku.library.postgres import make_engine

        return make_engine(url, busy_timeout_s)
    engine = sa.create_engine(
        url, connect_args={"timeout": busy_timeout_s, "check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        # The driver's own transaction handling begins too late (at the first write); ours below.
        connection.isolation_level = None
        use_write_ahead_log(connection, timeout_s=busy_timeout_s)
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys=ON")
        # A grade that was given must survive a power cut, so every commit reaches the disk.
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA cache_size=-65536")
        cursor.execute("PRAGMA temp_store=MEMORY")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        writing = connection.get_execution_options().get("utawaku_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _version(engine: sa.Engine) -> str | None:
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def _full(url: sa.URL) -> CatalogueFullError:
    return CatalogueFullError(
        "no space left on the disk of the catalogue",
        subject=_shown(url),
        next_step=MAKE_ROOM,
    )


@contextmanager
def _named_errors(url: sa.URL) -> Iterator[None]:
    """Say in our own words what the driver means."""
    try:
        yield
    except DatabaseError as error:
        if _is_sqlite(url):
            named: CatalogueError | None = _named_by_sqlite(error, url)
        else:
            from utawaku.library.postgres import named_error

            named = named_error(error, url)
        if named is None:
            raise
        raise named from error


def _named_by_sqlite(error: DatabaseError, url: sa.URL) -> CatalogueError | None:
    """The error in our own words; None where it is one of ours."""
    text, subject = str(error.orig), _shown(url)
    if not isinstance(error, OperationalError):
        if "not a database" not in text and "malformed" not in text:
            return None
        return CatalogueError(
            text,
            subject=subject,
            next_step="Restore the newest file of the folder backups/ beside it",
        )
    if "locked" in text or "busy" in text:
        return CatalogueLockedError(
            "another program holds the catalogue",
            subject=subject,
            next_step="Wait for it to finish, then try again; nothing was changed",
        )
    if is_disk_full(error, Path(url.database or "").parent):
        return _full(url)
    return CatalogueError(
        text, subject=subject, next_step="Check free disk space and permissions, then try again"
    )
