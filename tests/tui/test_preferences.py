"""Preferences from one session to the next."""

from utawaku.library.config import Settings
from utawaku.tui.preferences import Preferences, load_preferences, save_preferences

SIZE = (120, 36)


def test_habits_survive_and_nonsense_is_forgotten(settings: Settings) -> None:
    assert load_preferences(settings) == Preferences()
    save_preferences(
        settings, Preferences(columns=["title", "bpm"], volume=0.5, theme="utawaku-day")
    )
    assert load_preferences(settings).columns == ["title", "bpm"]
    assert load_preferences(settings).volume == 0.5
    (settings.data_dir / "tui.json").write_text('{"columns": ["nope"], "volume": "loud"}')
    assert load_preferences(settings) == Preferences()
    (settings.data_dir / "tui.json").write_text("{")
    assert load_preferences(settings) == Preferences()
