"""A line to type into."""

from textual import events
from textual.keys import key_to_character
from textual.widgets import Input

from utawaku.tui.text import shown


class LineInput(Input):
    """An input that takes what it can show, and every key that types something."""

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Return whether the key types: then the footer does not offer what it would do
        elsewhere.
        """
        # Textual asks by the key's name, and for signs such as / and ? without their character.
        character = character or key_to_character(key)
        return key == "slash" or super().check_consume_key(key, character)

    def _on_paste(self, event: events.Paste) -> None:
        # Textual calls the field's own handler after this one, which takes the first line only.
        event.text = shown(event.text)
