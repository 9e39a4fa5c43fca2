"""Requests as rows, also those that today's code would not file."""

import time
from collections.abc import Mapping
from typing import Any

from utawaku.library.catalogue import Catalogue
from utawaku.library.records import Request
from utawaku.library.schema import requests


def store_row(
    catalogue: Catalogue, kind: str, target: str, arguments: Mapping[str, Any] | None = None
) -> Request:
    """Write a queued request as another version may have written it."""
    with catalogue.write() as connection:
        number = connection.execute(
            requests.insert()
            .values(
                kind=kind, target=target, arguments=dict(arguments or {}), created_at=time.time()
            )
            .returning(requests.c.id)
        ).scalar_one()
    return catalogue.requests.get(number)
