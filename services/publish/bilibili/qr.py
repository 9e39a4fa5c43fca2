"""A QR code drawn in the terminal: two rows of modules in each row of half blocks."""

BORDER = 2
"""Modules of quiet zone; the standard's four look wide in a terminal, and two scan."""


def qr_text(content: str) -> str:
    """The code as lines of `█▀▄ `: light modules are drawn, for dark terminals.

    Scanners read it on light terminals too, as an inverted code.
    """
    import segno

    rows = [list(row) for row in segno.make(content, error="l").matrix_iter(border=BORDER)]
    if len(rows) % 2:
        rows.append([0] * len(rows[0]))
    glyphs = {(0, 0): "█", (0, 1): "▀", (1, 0): "▄", (1, 1): " "}
    return "\n".join(
        "".join(glyphs[bool(top), bool(bottom)] for top, bottom in zip(upper, lower, strict=True))
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    )
