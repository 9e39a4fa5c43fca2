"""Tabs of the screen, in the order of the top bar."""

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
