"""`utawaku settings`: what can be set, what is set, and setting it."""

from typing import Annotated, Any

import typer

from utawaku.commands.console import add_row, out, print_json, table


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: utawaku settings cut.codec flac")(settings)


def settings(
    name: Annotated[
        str | None, typer.Argument(help="Dotted name, or the beginning of one (e.g. songs).")
    ] = None,
    value: Annotated[str | None, typer.Argument(help="New value; `default` takes it back.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List settings with their values and meaning, or change one in config.toml."""
    import tomlkit

    from utawaku.library.config import default_config_path, load_settings, write_setting
    from utawaku.library.errors import ConfigError

    if name and value is not None:
        if name not in {row[0] for row in _rows(load_settings())}:
            raise ConfigError("no such setting", subject=name, next_step="`utawaku settings`")
        if name.startswith("songs."):
            _check_rule(name, value)
        write_setting(name, None if value == "default" else _typed(value))
        out.print(f"{default_config_path()}: {name} = {value}", markup=False, soft_wrap=True)
        return
    rows = [row for row in _rows(load_settings()) if row[0].startswith(name or "")]
    if name and not rows:
        raise ConfigError("no such setting", subject=name, next_step="`utawaku settings` lists all")
    if json:
        print_json({row[0]: row[1] for row in rows})
        return
    listing = table("setting", "value", ("meaning", "whole"))
    for setting, current, meaning in rows:
        shown = tomlkit.item(current).as_string() if current not in (None, "") else ""
        add_row(listing, [setting, shown, meaning])
    out.print(listing)


def _rows(loaded: Any) -> list[tuple[str, Any, str]]:
    """(dotted name, present value, meaning) of every setting and song rule."""
    from utawaku.library.config import describe
    from utawaku.models.songs import SongRules

    rows: list[tuple[str, Any, str]] = []
    for dotted, _default, meaning in describe():
        value: Any = loaded
        for part in dotted.split("."):
            value = getattr(value, part)
        if dotted != "songs":
            rows.append((dotted, _plain(value), meaning))
    rules = SongRules.model_validate(loaded.songs)
    for dotted, _default, meaning in describe(SongRules, "songs."):
        value = rules
        for part in dotted.split(".")[1:]:
            value = getattr(value, part)
        rows.append((dotted, _plain(value), meaning))
    return rows


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return (
        value if isinstance(value, bool | int | float | str | list) or value is None else str(value)
    )


def _typed(value: str) -> Any:
    """What the text means in TOML; words that mean nothing there are texts."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        return tomlkit.parse(f"value = {value}")["value"].unwrap()
    except TOMLKitError:
        return value


def _check_rule(name: str, value: str) -> None:
    from pydantic import ValidationError

    from utawaku.library.errors import ConfigError
    from utawaku.models.songs import SongRules

    if value == "default":
        return
    nested: Any = _typed(value)
    for part in reversed(name.split(".")[1:]):
        nested = {part: nested}
    try:
        SongRules.model_validate(nested)
    except ValidationError as error:
        raise ConfigError(
            f"{error.errors()[0]['msg']}", subject=f"{name} = {value}", next_step="See the meaning"
        ) from error
