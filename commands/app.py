"""The `utawaku` program with all its commands."""

from utawaku.commands.command_tree import make_app

app = make_app()
