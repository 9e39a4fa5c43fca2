"""The library: all songs, the search, and what can be done with a song."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal

from utawaku.library.errors import QueryError, UtawakuError
from utawaku.library.language import msg, tr, trn
from utawaku.library.query.results import (
    DEFAULT_SORT,
    And,
    FacetValue,
    Listing,
    Query,
    quote,
)
from utawaku.library.records import Song
from utawaku.library.text import clean_line
from utawaku.tui.background import Latest, while_running
from utawaku.tui.columns import COLUMNS, DETAILS_FROM, details_width
from utawaku.tui.messages import (
    BranchOpened,
    CursorMoved,
    FacetToggled,
    RowChosen,
    SearchChanged,
    SearchLeft,
    SelectionChanged,
    SongsUnreadable,
    SongWanted,
    SortWanted,
)
from utawaku.tui.screens import song_lists
from utawaku.tui.screens.beginning import Beginning
from utawaku.tui.screens.dialogs import AskText, Choice, Choose, ChooseSeveral, Confirm
from utawaku.tui.services.services import Services
from utawaku.tui.tabs import load_screens
from utawaku.tui.terminal import WAYS
from utawaku.tui.widgets.details import Details, same_song_query
from utawaku.tui.widgets.facets import FACETS, Facets
from utawaku.tui.widgets.search_bar import SearchBar
from utawaku.tui.widgets.song_table import BLOCK, SongTable

SORTS = ("added", "title", "artist", "singer", "date", "taste", "stars", "plays", "length", "bpm")
FORGET = "\0forget "
LIST = "\0list "
NO_MATCH = msg("No songs match.")
NOT_COUNTED = -2
"""Version of the listing of the first songs: there are more."""


class LibraryScreen(Beginning):
    """Songs."""

    mode = "library"
    about = msg("All songs. Type / to search, Enter to play.")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Search"),
        Binding("enter", "play", "Play"),
        Binding("E", "edit_all", "Edit all names and tags", show=False),
        Binding("s", "next_sort", "Sort", show=False),
        Binding("i", "details", "Details"),
        Binding("J", "scroll_details(3)", "Details down", show=False),
        Binding("K", "scroll_details(-3)", "Details up", show=False),
        Binding("I", "pictures", "Cover pictures", show=False),
        Binding("c", "copies", "Group copies", show=False),
        Binding("l", "open_group", "All copies of this song", show=False),
        Binding("escape", "leave_filter", "All songs again", show=False),
        Binding("o", "columns", "Columns", show=False),
        Binding("b", "facets", "Browse", show=False),
        Binding("w", "save_search", "Save this search", show=False),
        Binding("apostrophe", "saved_searches", "Playlists, saved searches", show=False),
    ]

    def __init__(self, services: Services, first_songs: Sequence[tuple[int, Song]] = ()) -> None:
        super().__init__(services)
        self._first_songs = first_songs
        self._searcher: Latest | None = None
        self._helper: Latest | None = None
        self._detailer: Latest | None = None
        self._facetter: Latest | None = None
        self._preparer: Latest | None = None
        self._details_wanted: bool | None = None
        self._version = -1
        self._answered = ("", False)
        """Query and grouping of the search that is shown."""
        self.grouped = False
        self.sort = ""
        """Order chosen by key or click, such as `title` or `title-`; a typed `sort:` goes first."""
        self._before_group: tuple[str, bool] | None = None
        """Search and grouping to return to from the copies of one song."""
        self._to_top = False
        """True where a search that was not answered yet begins at its first song."""

    def compose_body(self) -> ComposeResult:
        """Search above, songs and details below."""
        self._searcher = Latest("search", while_running(self.app))
        self._helper = Latest("complete", while_running(self.app))
        self._detailer = Latest("details", while_running(self.app))
        self._facetter = Latest("facets", while_running(self.app))
        self._preparer = Latest("words", while_running(self.app))
        home = self.services.library
        yield SearchBar(self._helper.submit, home)
        with Horizontal(id="library-body"):
            yield Facets()
            yield SongTable(lambda numbers: home.catalogue.browser.numbered(numbers), id="songs")
            details = Details(home, id="details")
            details.cover.choose(self.services.preferences.value.pictures)
            yield details

    @property
    def search_bar(self) -> SearchBar:
        """The search."""
        return self.query_one(SearchBar)

    def on_mount(self) -> None:
        """List everything, the latest first."""
        memory = self.services.preferences.value
        self.table.set_columns(memory.columns)
        self.query_one(Facets).display = memory.facets
        self.table.focus()
        self._show_first()
        # Not before all this is drawn: it makes the catalogue load.
        self.call_after_refresh(self.search, keep=True)
        self.services.library.when_open(lambda _error: while_running(self.app)(self._catch_up))

    def _show_first(self) -> None:
        """Songs that are known before the catalogue is there."""
        songs = self._first_songs
        if songs:
            numbers = np.array([number for number, _song in songs], np.int64)
            self.table.show(Listing(Query(And(())), numbers, NOT_COUNTED), songs, keep=False)

    def _catch_up(self) -> None:
        """Search for what was typed while the catalogue was loading."""
        if self.search_bar.text and self.services.library.is_open:
            self.search_bar.understand()

    def on_unmount(self) -> None:
        """Look for nothing more."""
        helpers = (
            self._searcher, self._helper, self._detailer, self._facetter, self._preparer
        )  # fmt: skip
        for helper in helpers:
            if helper is not None:
                helper.close()

    def on_resize(self) -> None:
        """Details need room."""
        self._place_details()
        self.call_after_refresh(self.place_editor)

    def library_filled(self) -> None:
        """Show the details beside the songs again."""
        self._place_details()

    def _place_details(self) -> None:
        wanted = False if self.is_beginning else self._details_wanted
        if wanted is None:
            wanted = self.size.width >= DETAILS_FROM
        details = self.query_one(Details)
        appears = wanted and not details.display
        details.display = wanted
        narrow = self.size.width < DETAILS_FROM
        self.set_class(narrow, "narrow")
        details.styles.width = "1fr" if narrow else details_width(self.size.width)
        if appears:
            self.show_details()

    def refresh_data(self) -> None:
        """Somebody may have written."""
        if self._version >= 0 and not self.is_typing:
            self.search(keep=True, only_if_changed=True)

    def search(self, *, keep: bool, only_if_changed: bool = False) -> None:
        """Ask the catalogue for what the search bar says."""
        if self._searcher is None or self.search_bar.error is not None:
            return
        text, grouped = self.query_text, self.grouped
        # A look for changes may overtake a search: then it has to answer the search too.
        self._to_top = self._to_top or not keep
        answered = self._answered == (text, grouped) and not self._to_top
        known = self._version if answered else -1
        table = self.table

        def look() -> tuple[Listing, list[tuple[int, Song]]] | None:
            browser = self.catalogue.browser
            if only_if_changed and browser.version() == known:
                return None
            listing = browser.search(text, grouped=grouped)
            first = 0 if self._to_top else max(0, table.scroll_offset.y - 8)
            return listing, browser.numbered(listing.numbers[first : first + BLOCK])

        def arrived(result: Any) -> None:
            if isinstance(result, QueryError) or result is None:
                return
            if isinstance(result, UtawakuError):
                self.services.reports.report(result)
                return
            if isinstance(result, Exception):
                raise result
            listing, songs = result
            self.table.empty_text = NO_MATCH
            self.welcome(listing.query.is_everything and not len(listing))
            self._version = listing.version
            self._answered = (text, grouped)
            self.table.show(listing, songs, keep=not self._to_top)
            self._to_top = False
            self._show_count()
            self._show_facets()
            self._prepare()

        self._searcher.submit(look, arrived)

    @property
    def query_text(self) -> str:
        """Return what is typed, with the chosen order where none is typed."""
        text = self.search_bar.text
        typed = any(word.startswith("sort:") for word in text.split())
        return text if typed or not self.sort else f"{text} sort:{self.sort}".strip()

    def _prepare(self) -> None:
        """Now that the songs are in sight, get ready for the next search and for other tabs."""

        def prepared(result: Any) -> None:
            # Searches work without it, and tell when the catalogue cannot be read.
            if isinstance(result, Exception) and not isinstance(result, UtawakuError):
                raise result

        def prepare() -> None:
            self.catalogue.browser.prepare()
            load_screens()

        if self._preparer is not None:
            self._preparer.submit(prepare, prepared)

    def _show_facets(self) -> None:
        facets, listing = self.query_one(Facets), self.table.listing
        if not facets.display or listing is None or self._facetter is None:
            return
        active = frozenset(self.search_bar.text.split())

        def arrived(found: Any) -> None:
            if isinstance(found, dict):  # the table itself reports when reading fails
                facets.show(found, active)

        self._facetter.submit(
            lambda: {
                field: self.catalogue.browser.facet(field, listing)
                for field, _title, _most in FACETS
            },
            arrived,
        )

    def _show_count(self) -> None:
        listing = self.table.listing
        if listing is None:
            return
        n_selected = len(self.table.selected)
        parts = [tr("{n:,} selected", n=n_selected)] if n_selected else []
        if listing.version != NOT_COUNTED:
            parts.append(trn("{n:,} song", "{n:,} songs", len(listing)))
        if self._before_group is not None:
            parts.append(tr("copies of one song, esc returns"))
        elif self.grouped:
            parts.append(tr("copies grouped, l opens"))
        sort = listing.query.sort
        if listing.ranked:
            parts.append(tr("best match first"))
        elif sort != DEFAULT_SORT and sort.field not in self.table.sorts_in_sight():
            parts.append(
                tr("by {field} {arrow}", field=sort.field, arrow="↓" if sort.descending else "↑")
            )
        self.search_bar.show_count("  ".join(parts))

    def on_search_changed(self, event: SearchChanged) -> None:
        """Search as it is typed."""
        event.stop()
        if not event.text:
            self._before_group = None
        self.search(keep=False)

    def on_search_left(self, event: SearchLeft) -> None:
        """To the songs."""
        event.stop()
        self.table.focus()

    def on_selection_changed(self, event: SelectionChanged) -> None:
        """Tell how many."""
        event.stop()
        self._show_count()

    def on_songs_unreadable(self, event: SongsUnreadable) -> None:
        """Songs could not be read."""
        event.stop()
        self.services.reports.report(event.error)

    def on_sort_wanted(self, event: SortWanted) -> None:
        """Sort by a column; again turns it round."""
        from utawaku.library.query.fields import FIELDS

        event.stop()
        listing = self.table.listing
        natural = FIELDS[event.field].descending
        descending = natural
        if listing is not None and listing.query.sort.field == event.field:
            descending = not listing.query.sort.descending
        suffix = "" if descending == natural else "-" if descending else "+"
        self.set_sort(event.field + suffix)

    def set_sort(self, word: str) -> None:
        """List songs in another order; a typed one is taken out of the search."""
        self.sort = word
        typed = self.search_bar.text
        kept = " ".join(part for part in typed.split() if not part.startswith("sort:"))
        if any(part.startswith("sort:") for part in typed.split()):
            self.search_bar.set_text(kept)
        else:
            self.search(keep=False)

    def on_cursor_moved(self, event: CursorMoved) -> None:
        """Tell about the song under the cursor."""
        event.stop()
        self.show_details()

    def restyle(self) -> None:
        """Draw texts again that hold colours of the theme."""
        super().restyle()
        self.search_bar.restyle()
        self.query_one(Details).forget()
        self.show_details()

    def show_details(self) -> None:
        """Fill the pane at the side, with tags."""
        details = self.query_one(Details)
        song = self.table.current
        number = self.table.number_at(self.table.cursor)
        if song is None or number is None:
            if self.table.row_count() == 0:
                details.show(None)
            return
        if self._detailer is None or not details.display:
            return

        def arrived(found: Any) -> None:
            if self.table.number_at(self.table.cursor) != number:
                return
            # Tags are an extra: the table itself reports when the catalogue cannot be read.
            details.show(found[0] if isinstance(found, list) and found else song)

        self._detailer.submit(lambda: self.catalogue.browser.songs([number], tags=True), arrived)

    def on_row_chosen(self, event: RowChosen) -> None:
        """Play from here."""
        event.stop()
        self.action_play()

    def target_numbers(self) -> list[int]:
        """The selected songs, or the one under the cursor."""
        return self.table.chosen_numbers()

    def playlist_numbers(self) -> tuple[list[int], str]:
        """The selected songs, else all that are listed; the search is the name."""
        listing, table = self.table.listing, self.table
        if table.selected or listing is None:
            return table.chosen_numbers(), ""
        asked = [
            word
            for word in self.search_bar.text.split()
            if not word.startswith(("sort:", "limit:"))
        ]
        return listing.numbers.tolist(), " ".join(asked)

    def action_search(self) -> None:
        """Type a search."""
        self.set_focus(self.search_bar.input)  # at once, for what is typed behind it

    def action_play(self) -> None:
        """Play the list from the song under the cursor on (or what is selected)."""
        listing, table = self.table.listing, self.table
        number = table.number_at(table.cursor)
        if listing is None or number is None:
            return
        if table.selected:
            numbers = table.chosen_numbers()
            at = numbers.index(number) if number in table.selected else 0
        else:
            # The rest of a long list is enough for weeks.
            low = max(0, table.cursor - 200)
            numbers = [int(n) for n in listing.numbers[low : table.cursor + 1000]]
            at = table.cursor - low
        self.services.playback.play_numbers(numbers, at)

    def songs_changed(self, songs: list[tuple[int, Song]]) -> None:
        """Show songs as they are now."""
        self.table.put(songs)
        self._version = self.catalogue.browser.version()
        self.show_details()

    def not_changed(self) -> None:
        """Names could not be written: read again what there is."""
        self.search(keep=True)

    def action_next_sort(self) -> None:
        """Another order."""
        listing = self.table.listing
        now = listing.query.sort.field if listing is not None else SORTS[0]
        at = SORTS.index(now) if now in SORTS else -1
        self.set_sort(SORTS[(at + 1) % len(SORTS)])

    def action_details(self) -> None:
        """Show or hide the details."""
        self._details_wanted = not self.query_one(Details).display
        self._place_details()

    def action_scroll_details(self, lines: int) -> None:
        """Read on in the details: on a small terminal they have little room."""
        self.query_one(Details).scroll_relative(y=lines, animate=False)

    def action_pictures(self) -> None:
        """Choose how covers are shown."""
        now = self.services.preferences.value.pictures
        choices = [Choice("", tr("As this terminal can"), on=not now)]
        choices += [
            Choice(way, tr("By {how}", how=tr(how)), on=way == now) for way, how in WAYS.items()
        ]

        def chosen(way: str | None) -> None:
            if way is not None:
                self.services.preferences.value.pictures = way
                self.services.preferences.save()
                self.query_one(Details).cover.choose(way)

        self.app.push_screen(Choose(tr("Cover pictures"), choices), chosen)

    def action_copies(self) -> None:
        """Show copies of a song once, or each."""
        self.grouped = not self.grouped
        self.search(keep=False)

    def action_open_group(self) -> None:
        """List all copies of the song under the cursor."""
        song = self.table.current
        query = same_song_query(song) if song is not None else ""
        if not query:
            self.notify(tr("Only a song with a title has copies that can be listed."))
            return
        self._before_group = self._before_group or (self.search_bar.text, self.grouped)
        self.grouped = False
        self.search_bar.set_text(query)

    def action_leave_filter(self) -> None:
        """Clear the selection; else return from a group; else list all songs."""
        if self.table.selected:
            self.table.action_deselect()
        elif self._before_group is not None:
            text, self.grouped = self._before_group
            self._before_group = None
            self.search_bar.set_text(text)
            self.search(keep=False)
        elif self.search_bar.text:
            self.search_bar.set_text("")
        elif self.sort:
            self.set_sort("")

    def action_facets(self) -> None:
        """Show or hide the library by grade, singer, year, tag and artist."""
        facets = self.query_one(Facets)
        facets.display = not facets.display
        self.services.preferences.value.facets = facets.display
        self.services.preferences.save()
        if facets.display:
            facets.focus()
            self._show_facets()
        else:
            self.table.focus()

    def on_facet_toggled(self, event: FacetToggled) -> None:
        """Narrow the search, or widen it again."""
        event.stop()
        text = self.search_bar.text
        padded = f" {text} "
        if f" {event.term} " in padded:
            text = padded.replace(f" {event.term} ", " ", 1).strip()
        else:
            text = f"{text} {event.term}".strip()
        self.search_bar.set_text(text)

    def on_branch_opened(self, event: BranchOpened) -> None:
        """Read the streams of an artist, or the songs of one of them."""
        event.stop()
        browser, path = self.catalogue.browser, event.path
        query = f"artist={quote(path[0])}"
        facets = self.query_one(Facets)

        def read() -> Sequence[FacetValue | Song]:
            if len(path) == 1:
                return browser.facet("stream", browser.search(f"{query} sort:date"), limit=200)
            listing = browser.search(f"{query} stream={quote(path[1])} sort:date+")
            return browser.songs(listing.numbers[:200])

        self.worker.read(read, lambda found: facets.open_branch(path, found))

    def on_song_wanted(self, event: SongWanted) -> None:
        """Play a song of the browse pane, then its neighbours there."""
        event.stop()
        player = self.player
        facets = self.query_one(Facets)
        path = next((line.path for line in facets.lines if line.song is not None
                     and line.song.id == event.song_id), ())  # fmt: skip
        ids = [one.id for one in facets.branches.get(path, ()) if isinstance(one, Song)]
        self.services.tuner.stop()
        self.worker.write(lambda: player.play(ids, ids.index(event.song_id)))

    def action_columns(self) -> None:
        """Choose the columns and their order."""
        memory = self.services.preferences.value
        names = [*memory.columns, *(name for name in COLUMNS if name not in memory.columns)]
        in_sight = self.table.columns_in_sight()
        choices = [
            Choice(
                name,
                tr(COLUMNS[name].title),
                tr("no room at this width")
                if name in memory.columns and name not in in_sight
                else "",
                on=name in memory.columns,
            )
            for name in names
        ]

        def chosen(columns: list[str] | None) -> None:
            if columns:
                memory.columns = columns
                self.table.set_columns(columns)
                self.services.preferences.save()

        self.app.push_screen(ChooseSeveral(tr("Columns"), choices), chosen)

    def action_save_search(self) -> None:
        """Keep the search under a name."""
        text = self.query_text.strip()
        if not text or self.search_bar.error is not None:
            self.notify(tr("Search for something first; then it can be saved."))
            return
        saved = self.catalogue.saved_queries

        def keep(name: str) -> None:
            from utawaku.library.smart_playlists import refresh_smart

            saved.save(name, text)
            refresh_smart(self.settings.library_root, self.catalogue)

        def named(name: str | None) -> None:
            if name is not None:
                self.worker.write(
                    lambda: keep(clean_line(name)),
                    lambda _: self.notify(tr("Saved. ' shows saved searches.")),
                )

        self.app.push_screen(
            AskText(
                tr("Save this search as"),
                help=text,
                check=lambda name: "" if clean_line(name) else tr("It needs a name."),
            ),
            named,
        )

    def action_saved_searches(self) -> None:
        """Open, play or remove a saved search or a playlist."""
        from utawaku.library import static_playlists

        saved, root = self.catalogue.saved_queries, self.settings.library_root

        def read() -> tuple[dict[str, str], list[str]]:
            return saved.all(), static_playlists.names(root)

        def ask(found: tuple[dict[str, str], list[str]]) -> None:
            searches, names = found
            choices = [Choice(LIST + name, name, tr("playlist: enter plays it")) for name in names]
            choices += [Choice(name, name, query) for name, query in searches.items()]

            def chosen(value: str | None) -> None:
                if value is None:
                    return
                remove = value.startswith(FORGET)
                name = value.removeprefix(FORGET)
                if name.startswith(LIST):
                    name = name.removeprefix(LIST)
                    if remove:
                        song_lists.delete(self.app, self.services, name)
                    else:
                        song_lists.play(self.services, name)
                elif remove:
                    self._forget(name)
                else:
                    self.search_bar.set_text(searches[name])
                    self.table.focus()

            self.app.push_screen(
                Choose(
                    tr("Playlists and saved searches"),
                    choices,
                    empty=tr("None yet: F puts songs on a playlist, w saves the search."),
                    remove=FORGET,
                ),
                chosen,
            )

        self.worker.read(read, ask)

    def _forget(self, name: str) -> None:
        saved = self.catalogue.saved_queries

        def forget() -> None:
            from utawaku.library.smart_playlists import refresh_smart

            saved.delete(name)
            refresh_smart(self.settings.library_root, self.catalogue)

        def answered(sure: bool | None) -> None:
            if sure:
                self.worker.write(forget, lambda _: self.notify(tr("Forgotten.")))

        self.app.push_screen(
            Confirm(tr("Forget the search {name}?", name=name), tr("Songs stay.")), answered
        )
