"""Type of settings that name a folder of this machine."""

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def is_address(text: str) -> bool:
    """Return whether a text is an address such as `s3://bucket/songs`.

    As a path it would be the folder `s3:` below the one that the program was started in.
    """
    return _ADDRESS.match(text) is not None


def _no_address(value: Any) -> Any:
    if isinstance(value, str) and is_address(value):
        scheme = value.partition("://")[0]
        raise ValueError(
            f"{scheme}:// cannot hold it: use a folder, which may be shared over NFS or SMB, or a "
            "mounted bucket"
        )
    return value


LocalPath = Annotated[Path, BeforeValidator(_no_address)]
