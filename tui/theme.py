"""The palettes as Textual wants them."""

from textual.theme import Theme

from utawaku.tui import palette

NIGHT = Theme(**palette.NIGHT)
DAY = Theme(**palette.DAY)

DEFAULTS = {
    name: value
    for name, value in NIGHT.variables.items()
    if name
    in (
        "muted",
        "faint",
        "selection",
        "marked",
        "speech",
        "music",
        "silence",
        "noise",
        "played",
        "unplayed",
        "interest",
        "border",
    )
}
"""Our own colours, for themes that do not name them."""
