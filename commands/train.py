"""`utawaku train`: train models."""

from utawaku.commands.help import App
from utawaku.commands.train_collect import collect
from utawaku.commands.train_fma import fma
from utawaku.commands.train_highlight import evaluate_highlight, highlight
from utawaku.commands.train_segmenter import evaluate_segmenter, segmenter
from utawaku.commands.train_separator import separator
from utawaku.commands.train_song_rules import song_rules
from utawaku.commands.train_songs import songs
from utawaku.commands.train_taste import taste

app = App(help="Train models.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def train() -> None:
    """Train models."""


app.command(epilog="Example: utawaku train taste --json")(taste)
app.command(epilog="Example: utawaku train highlight songs --network deepchorus")(highlight)
app.command(epilog="Example: utawaku train separator stems --compose 30 -o mine.onnx")(separator)
app.command(epilog="Example: utawaku train collect songs 'channel:singer'")(collect)
app.command("song-rules", epilog="Example: utawaku train song-rules --channel youtube:UC1234")(
    song_rules
)
app.command(epilog="Example: utawaku train songs --yes")(songs)
app.command(epilog="Example: utawaku train fma ~/fma --set small")(fma)
app.command(epilog="Example: utawaku train segmenter musan --output mine.onnx")(segmenter)

evaluate = App(help="Measure a trained model.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(evaluate, name="evaluate")


@evaluate.callback()
def measure() -> None:
    """Measure a trained model."""


evaluate.command(
    "segmenter", epilog="Example: utawaku train evaluate segmenter musan --network mine.onnx"
)(evaluate_segmenter)
evaluate.command(
    "highlight", epilog="Example: utawaku train evaluate highlight songs --network mine.npz"
)(evaluate_highlight)
