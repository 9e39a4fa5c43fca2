"""The two palettes: night over a river with lanterns, and the morning after."""

from textual.theme import Theme

NIGHT = Theme(
    name="utawaku-night",
    primary="#e59ab8",
    secondary="#86a8d9",
    accent="#c9b0f0",
    foreground="#c9ccdb",
    background="#14151d",
    surface="#1a1b25",
    panel="#232431",
    success="#92c7a3",
    warning="#e3c078",
    error="#e47f7f",
    dark=True,
    variables={
        "muted": "#7d8199",
        "faint": "#4a4d61",
        "selection": "#2d2f42",
        "marked": "#c9b0f0",
        "speech": "#b98f5e",
        "music": "#d983a6",
        "silence": "#3a3d4f",
        "noise": "#7d6f8f",
        "played": "#e59ab8",
        "unplayed": "#4f5470",
        "interest": "#e3c078",
        "border": "#2d2f42",
        "scrollbar": "#2d2f42",
        "scrollbar-hover": "#4a4d61",
        "scrollbar-active": "#7d8199",
        "scrollbar-background": "#14151d",
        "scrollbar-background-hover": "#14151d",
        "scrollbar-background-active": "#14151d",
        "scrollbar-corner-color": "#14151d",
        "footer-key-foreground": "#e59ab8",
        "footer-description-foreground": "#7d8199",
        "footer-background": "#14151d",
        "input-selection-background": "#86a8d9 35%",
    },
)

DAY = Theme(
    name="utawaku-day",
    primary="#a83d6b",
    secondary="#35609c",
    accent="#6b49a8",
    foreground="#3b3644",
    background="#faf8f6",
    surface="#f3f0ee",
    panel="#e9e4e4",
    success="#35784a",
    warning="#8f6410",
    error="#b23535",
    dark=False,
    variables={
        "muted": "#7a7282",
        "faint": "#b9b1ba",
        "selection": "#e6dbe3",
        "marked": "#6b49a8",
        "speech": "#b0803f",
        "music": "#c05a86",
        "silence": "#d5ced2",
        "noise": "#9685a8",
        "played": "#a83d6b",
        "unplayed": "#b9b1ba",
        "interest": "#b07d12",
        "border": "#ddd5d9",
        "scrollbar": "#ddd5d9",
        "scrollbar-hover": "#b9b1ba",
        "scrollbar-active": "#7a7282",
        "scrollbar-background": "#faf8f6",
        "scrollbar-background-hover": "#faf8f6",
        "scrollbar-background-active": "#faf8f6",
        "scrollbar-corner-color": "#faf8f6",
        "footer-key-foreground": "#a83d6b",
        "footer-description-foreground": "#7a7282",
        "footer-background": "#faf8f6",
        "input-selection-background": "#35609c 30%",
    },
)

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
