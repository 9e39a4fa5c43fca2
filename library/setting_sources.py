"""Sources of the settings: the environment and the TOML file, as values to be validated."""

import json
import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

from utawaku.library.former_settings import former_variables, with_present_names

PREFIX = "utawaku_"
BETWEEN = "__"
"""Between section and key in the name of a variable."""


def file_values(path: Path) -> dict[str, Any]:
    """Return the settings of the TOML file, former names replaced; none where there is no file.

    Raises:
        ValueError: it is not TOML.
    """
    if not path.is_file():
        return {}
    with path.open("rb") as opened:
        return with_present_names(tomllib.load(opened))


def environment_values(model: type[BaseModel]) -> dict[str, Any]:
    """Return the settings of the variables `UTAWAKU_*`, former names replaced.

    A variable that names no setting and no section of `model` is none of ours. A list, a tuple or
    a section is written as JSON.

    Raises:
        ValueError: such a variable is not JSON.
    """
    variables = dict(os.environ)
    for former, present in list(former_variables(variables)):
        variables.setdefault(present, variables[former])
        del variables[former]
    found: dict[str, Any] = {}
    # A section as a whole comes before its keys.
    for name, text in sorted(variables.items()):
        if not name.lower().startswith(PREFIX):
            continue
        first, *rest = name.lower().removeprefix(PREFIX).split(BETWEEN)
        if first in model.model_fields:
            found = merged(found, _value(model, [first, *rest], text, name))
    return found


def merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return both; where both have a value the one of `over`, sections key by key.

    >>> merged({"cut": {"codec": "mp3", "video": False}}, {"cut": {"codec": "opus"}})
    {'cut': {'codec': 'opus', 'video': False}}
    """
    values = dict(under)
    for name, value in over.items():
        known = values.get(name)
        if isinstance(known, Mapping) and isinstance(value, Mapping):
            value = merged(known, value)
        values[name] = value
    return values


def _value(model: type[BaseModel] | None, names: Sequence[str], text: str, variable: str) -> Any:
    """The value of a variable below the sections that its name has."""
    if not names:
        return text
    name, *rest = names
    field = model.model_fields.get(name) if model is not None else None
    kind = field.annotation if field is not None else None
    if rest:
        below = kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None
        return {name: _value(below, rest, text, variable)}
    if field is not None and _is_json(kind):
        try:
            return {name: json.loads(text)}
        except ValueError as error:
            raise ValueError(f"{variable} is not JSON: {error}") from error
    # Of a section without a model of its own (song rules) only the values tell their kinds.
    return {name: _guessed(text) if model is None else text}


def _is_json(kind: Any) -> bool:
    """Return whether values of a type are written as JSON."""
    origin = get_origin(kind) or kind
    if origin in (Union, UnionType):
        return any(_is_json(one) for one in get_args(kind))
    return (
        isinstance(origin, type)
        and issubclass(origin, BaseModel | Mapping | Sequence | set | frozenset)
        and not issubclass(origin, str | bytes)
    )


def _guessed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
