"""A line to type into."""

from textual import events
from textual.widgets import Input

from utawaku.tui.text import shown


class Line(Input):
    """An input that takes what it can show, and every key that types something."""

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Whether the key types: then the footer does not offer what it would do elsewhere."""
        # Textual knows the key / as `slash`, but not which character that is.
        return key == "slash" or super().check_consume_key(key, character)

    def _on_paste(self, event: events.Paste) -> None:
        # Textual calls the field's own handler after this one.
        event.text = shown(event.text)
