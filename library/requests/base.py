"""Base of all kinds of request: how one becomes a row of the catalogue, and a row becomes one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from utawaku.library.errors import RequestError

if TYPE_CHECKING:  # loaded at the first use: the first screen names requests and files none
    from pydantic import TypeAdapter

SCREEN, COMMAND, SUBSCRIPTION, CANDIDATE = "screen", "command", "subscription", "candidate"
"""Those who file a request, beside `sensor NAME`; the user likes a candidate."""


@dataclass(frozen=True, kw_only=True)
class RequestKind:
    """A request to the pipeline, with its arguments typed.

    A subclass names the `kind` of its rows and the field that is their `target`; its other fields
    are their arguments. Fields at their default are not stored.
    """

    kind: ClassVar[str]
    target_field: ClassVar[str]
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    @property
    def target(self) -> str:
        """Address, path, id or name that the request is about."""
        return str(getattr(self, self.target_field))

    def arguments(self) -> dict[str, Any]:
        """Arguments as JSON can hold them, without those at their default."""
        values = dict(_adapter(type(self)).dump_python(self, mode="json", exclude_defaults=True))
        values.pop(self.target_field, None)
        return values

    def row(self) -> dict[str, Any]:
        """Columns of the row that stores it."""
        return {"kind": self.kind, "target": self.target, "arguments": self.arguments()}

    @classmethod
    def read(cls, target: str, arguments: Mapping[str, Any]) -> Self:
        """Build the request that a row stores.

        Raises:
            RequestError: an argument is unknown, missing or of the wrong type.
        """
        from pydantic import ValidationError

        try:
            made: Self = _adapter(cls).validate_python({**arguments, cls.target_field: target})
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(str(part) for part in first["loc"])
            raise RequestError(
                f"this version cannot read its {name or 'arguments'}: {first['msg']}",
                subject=f"{cls.kind} {target} {json.dumps(dict(arguments), ensure_ascii=False)}",
                next_step="Ask for it again",
            ) from error
        return made


_ADAPTERS: "dict[str, TypeAdapter[Any]]" = {}


def _adapter(cls: type[RequestKind]) -> "TypeAdapter[Any]":
    """The reader and writer of a kind; made at its first use, which takes a millisecond."""
    from pydantic import TypeAdapter

    if cls.kind not in _ADAPTERS:
        _ADAPTERS[cls.kind] = TypeAdapter(cls)
    return _ADAPTERS[cls.kind]
