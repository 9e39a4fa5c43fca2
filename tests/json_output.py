"""Output of commands held against the schema that `utawaku schema` prints."""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from utawaku.commands.json_forms import FORMS
from utawaku.commands.schema import schema_of

GROUPS = {name.split("-")[0] for name in FORMS if "-" in name}


def command_of(arguments: Sequence[object]) -> str:
    """Return the longest name of a command at the head of a command line; empty for others."""
    words = [str(one) for one in arguments][:3]
    names = ("-".join(words[:n]) for n in range(len(words), 0, -1))
    return next((name for name in names if name in FORMS), "")


def check_json(arguments: Sequence[object], printed: str) -> None:
    """Hold what a command printed with --json against its schema, properties of no name too.

    Raises AssertionError with the place that differs.
    """
    name = command_of(arguments)
    assert name, f"{arguments}: no form in commands/json_forms.py"
    for document in documents(printed):
        problems = [
            f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}"
            for error in _validator(name).iter_errors(document)
        ]
        assert not problems, f"utawaku {name} --json is not as its schema says: {problems}"


def documents(printed: str) -> list[Any]:
    """Return the JSON that was printed: one document, or one a line."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while printed[at:].strip():
        at += len(printed[at:]) - len(printed[at:].lstrip())
        document, at = decoder.raw_decode(printed, at)
        found.append(document)
    return found


@cache
def _validator(name: str) -> Draft202012Validator:
    schema = schema_of(name)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(_closed(schema))


def _closed(schema: Any) -> Any:
    """Refuse properties that a schema does not name: nothing may be printed without being told."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _closed(value) for name, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        made.setdefault("additionalProperties", False)
    return made
