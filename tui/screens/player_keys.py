"""Keys of the player, on every tab."""

from dataclasses import replace
from typing import ClassVar

from textual.binding import ActiveBinding, Binding, BindingType
from textual.screen import Screen

from utawaku.library.language import tr
from utawaku.tui.columns import title_of
from utawaku.tui.player.player import STEMS, Player
from utawaku.tui.screens.dialogs import Choice, Choose
from utawaku.tui.screens.play_queue import PlayQueueScreen
from utawaku.tui.screens.song_lists import save_as_one
from utawaku.tui.services.services import Services

SLEEPS = (15, 30, 45, 60, 90)
"""Minutes after which the music can end."""


class PlayerKeys(Screen[None]):
    """A screen with the keys of the player."""

    about: ClassVar[str] = ""
    """One line for the help."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "player('toggle')", "Play or pause", show=False),
        Binding("greater_than_sign", "player('next')", "Next song", show=False),
        Binding("less_than_sign", "player('previous')", "Previous song", show=False),
        Binding("right", "seek(5)", "Forward 5 s", show=False),
        Binding("left", "seek(-5)", "Back 5 s", show=False),
        Binding("shift+right", "seek(30)", "Forward 30 s", show=False),
        Binding("shift+left", "seek(-30)", "Back 30 s", show=False),
        Binding("plus,equals_sign", "volume(0.05)", "Louder", show=False),
        Binding("minus", "volume(-0.05)", "Softer", show=False),
        Binding("Q", "queue", "Play queue", show=False),
        Binding("z", "shuffle", "Shuffle", show=False),
        Binding("r", "repeat", "Repeat: off, all, one", show=False),
        Binding("h", "highlights", "Highlights only", show=False),
        Binding("m", "stem", "Mix, vocals, accompaniment", show=False),
        Binding("ctrl+g", "replay_gain", "Equal loudness", show=False),
        Binding("Z", "sleep", "Sleep timer", show=False),
        Binding("ctrl+n", "notices_of_songs", "Songs as notices on the desktop", show=False),
    ]

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.services = services

    @property
    def player(self) -> Player:
        """The player."""
        return self.services.player

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The keys that do something now, described in the user's language."""
        return {
            key: active._replace(
                binding=replace(active.binding, description=tr(active.binding.description)),
                tooltip=tr(active.tooltip),
            )
            for key, active in super().active_bindings.items()
        }

    def show_player(self) -> None:
        """Show what plays."""
        raise NotImplementedError

    def action_player(self, what: str) -> None:
        """Toggle, next or previous."""
        # Opening a device or a file may take a moment.
        self.services.worker.write(getattr(self.player, what))

    def action_seek(self, seconds: float) -> None:
        """Seek forward or back."""
        self.services.worker.write(lambda: self.player.seek_by(seconds))

    def action_volume(self, by: float) -> None:
        """Change the volume."""
        preferences = self.services.preferences
        self.player.set_volume(self.player.volume + by)
        preferences.value.volume = self.player.volume
        preferences.save()

    def action_queue(self) -> None:
        """Show the play queue."""
        services = self.services
        self.app.push_screen(
            PlayQueueScreen(
                self.player,
                services.worker,
                services.library.catalogue,
                lambda song_ids: save_as_one(self.app, services, song_ids),
                services.tuner.stop,
            )
        )

    def action_shuffle(self) -> None:
        """Switch shuffle on or off."""
        self.player.set_shuffled(not self.player.queue.shuffled)

    def action_repeat(self) -> None:
        """Switch to the next way to repeat."""
        self.player.cycle_repeat()

    def action_highlights(self) -> None:
        """Switch between highlights and whole songs."""
        only = not self.player.highlights_only
        self.player.set_highlights_only(only)
        self.notify(tr("Highlights only") if only else tr("Whole songs"))

    def action_replay_gain(self) -> None:
        """Switch between equal loudness and loudness as recorded."""
        preferences = self.services.preferences
        self.player.set_replay_gain(not self.player.replay_gain)
        preferences.value.replay_gain = self.player.replay_gain
        preferences.save()

    def action_sleep(self) -> None:
        """Let the music end by itself."""
        timer = self.services.sleep_timer
        choices = [
            Choice(str(minutes), tr("In {minutes} minutes", minutes=minutes)) for minutes in SLEEPS
        ]
        choices.append(Choice("song", tr("After this song")))
        choices.append(Choice("", tr("Never"), on=None if timer.told else True))

        def chosen(value: str | None) -> None:
            if value is None:
                return
            if value == "song":
                timer.after_song()
            elif value:
                timer.start(60.0 * int(value))
            else:
                timer.stop()
            self.show_player()

        self.app.push_screen(Choose(tr("Let the music end"), choices), chosen)

    def action_notices_of_songs(self) -> None:
        """Tell each song on the desktop, or not."""
        told = self.services.playback.switch_notices()
        self.notify(
            tr("Each song is told on the desktop.") if told else tr("Songs are not told there.")
        )

    def action_stem(self) -> None:
        """Switch between mix, vocals and accompaniment, at the same moment."""
        following = STEMS[(STEMS.index(self.player.stem) + 1) % len(STEMS)]

        def done(heard: bool) -> None:
            song = self.player.state.song
            if not heard and song is not None:
                # X is about the songs under the cursor, which need not be the one that plays.
                title = title_of(song)
                told = tr("{title} has no stems yet: X on its row asks for them.", title=title)
                self.notify(told, markup=False)
                self.player.stem = "mix"
            self.show_player()

        self.services.worker.write(lambda: self.player.set_stem(following), done)
