"""Tabs of the screen, in the order of the top bar."""

from importlib import import_module

from utawaku.library.language import msg, tr

TABS: tuple[tuple[str, str], ...] = (
    ("library", msg("Library")),
    ("timeline", msg("Timeline")),
    ("review", msg("Review")),
    ("pipeline", msg("Pipeline")),
    ("outbox", msg("Outbox")),
)
"""Mode and title of each; the first letter of the English title, in upper case, leads there."""


def key_and_rest(title: str) -> tuple[str, str]:
    """Return the key of a tab and what stands behind it, in the user's language."""
    key, shown = title[0], tr(title)
    return (key, shown[1:]) if shown.startswith(key) else (key, f" {shown}")


def load_screens() -> None:
    """Import the screens of all tabs, so that the first look at one does not wait for it.

    The first screen does not wait for them either: call it when that is there.
    """
    for mode, _title in TABS:
        import_module(f"utawaku.tui.screens.{mode}")
