"""Type of settings that name a file or folder, or none."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator


def _none_where_empty(value: Any) -> Any:
    # Pydantic reads an empty text as the folder that the program was started in.
    return None if isinstance(value, str) and not value.strip() else value


OptionalPath = Annotated[Path | None, BeforeValidator(_none_where_empty)]
