"""`utawaku schema`: the JSON schema of what a command prints with `--json`."""

from typing import Annotated, Any

import typer

from utawaku.commands.console import out, print_json
from utawaku.library.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: utawaku schema candidates teach")(schema)


def schema(
    command: Annotated[
        list[str] | None, typer.Argument(help="The command, such as songs; all are listed without.")
    ] = None,
) -> None:
    """Print the JSON schema (draft 2020-12) of what a command prints with --json.

    Where a command prints an object a line, it is the schema of one line. Later versions may add
    properties; none is taken away or changes its type before the next major version.
    """
    from utawaku.commands.json_forms import FORMS

    if not command:
        for name in sorted(FORMS):
            out.print(name, markup=False)
        return
    name = "-".join(command)  # `candidates teach` as well as `candidates-teach`
    if name not in FORMS:
        raise UsageError(
            "there is no such command with --json",
            subject=name,
            next_step="`utawaku schema` lists those there are",
        )
    print_json(schema_of(name))


def schema_of(name: str) -> dict[str, Any]:
    """Return the JSON schema of a command's output; `name` is one of `json_forms.FORMS`."""
    from pydantic import TypeAdapter
    from pydantic.json_schema import GenerateJsonSchema

    from utawaku.commands.json_forms import FORMS

    class Printed(GenerateJsonSchema):
        """The schema of what is printed: a field of a record is always there."""

        def field_is_required(self, field: Any, total: bool) -> bool:
            return field["type"] == "dataclass-field" or super().field_is_required(field, total)

    made = TypeAdapter(FORMS[name]).json_schema(mode="serialization", schema_generator=Printed)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **_without_defaults(made),
        "title": name,
    }


def _without_defaults(made: Any) -> Any:
    """Leave out defaults: the schema is of what is printed, not of what may be given."""
    if isinstance(made, dict):
        return {
            # Among properties it is one of that name.
            name: {one: _without_defaults(below) for one, below in value.items()}
            if name == "properties"
            else _without_defaults(value)
            for name, value in made.items()
            if name != "default"
        }
    if isinstance(made, list):
        return [_without_defaults(value) for value in made]
    return made
