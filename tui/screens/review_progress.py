"""Charts of the review: how the taste model improves."""

from collections.abc import Mapping, Sequence

from rich.table import Table
from rich.text import Text
from textual.geometry import Size

from utawaku.library.language import tr
from utawaku.library.store.review import Guess
from utawaku.tui.screens.review_queue import WINDOW, hit_rates
from utawaku.tui.widgets.chart import chart


def progress_table(
    colours: Mapping[str, str],
    size: Size,
    guesses: Sequence[Guess],
    all_aucs: Sequence[float],
    liked: Sequence[float],
    told: str,
) -> Table:
    """Return three small charts side by side, as far as there are numbers, above a line of text.

    Args:
        colours: of the theme, by name.
        size: of the terminal in cells.
        guesses: grades, with what the model had said before.
        all_aucs: AUC of each training, the oldest first.
        liked: share of likes among the last `WINDOW` grades, after each grade.
        told: the line below.
    """
    muted, accent = colours.get("muted", ""), colours.get("primary", "")
    high = 3 if size.height >= 30 else 1
    rates = hit_rates(guesses)
    aucs = all_aucs if len(all_aucs) > 1 else []
    of_window = tr("{now:.0%} of {n}, was {first:.0%}")
    charts = [
        (tr("model"), aucs, 0.5, tr("AUC {now:.2f}, was {first:.2f}")),
        (tr("liked"), liked[WINDOW - 1 :], 0.0, of_window),
        (tr("guessed right"), rates, 0.0, of_window),
    ]
    there = [one for one in charts if one[1]]
    table = Table.grid(padding=(0, 2), expand=True)
    for _ in range(max(1, len(there))):
        table.add_column(ratio=1)
    if there:
        drawn = []
        for name, values, low, figures in there:
            text = Text(f"{name}\n", style=muted, no_wrap=True)
            width = max(8, min(64, size.width - 8) // len(there) - 4)
            for line in chart(list(values), width, high, low=low):
                text.append(line + "\n", style=accent)
            drawn.append(text.append(figures.format(now=values[-1], first=values[0], n=WINDOW)))
        table.add_row(*drawn)
    else:
        wanted = tr("after {WINDOW} grades you see here how well the model guesses", WINDOW=WINDOW)
        table.add_row(Text(wanted, style=muted))
    table.add_row(Text(told, style=muted))
    return table
