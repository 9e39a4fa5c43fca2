"""The optional parts of an installation, and the sentence that names a missing one."""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager

from utawaku.library.errors import ExtraMissingError

EXTRAS = {
    "acoustid": ("chromaprint",),
    "bilibili": ("biliup", "stream_gears"),
    "cluster": (
        "psycopg",
        "psycopg2",
        "dagster_postgres",
        "dagster_celery",
        "dagster_k8s",
        "redis",
    ),
    "demo": ("espeakng_loader",),
    "play": ("miniaudio",),
    "shazamapi": ("ShazamAPI",),
    "train": ("keras", "tensorflow", "tf2onnx"),
    "youtube": ("deno", "yt_dlp_ejs"),
}
"""Modules that an extra of pyproject.toml brings and that we import or look for."""


def next_step(extra: str) -> str:
    """Return the command that installs an extra."""
    return f"Install it with: pip install 'utawaku[{extra}]'"


def is_installed(extra: str) -> bool:
    """Return whether all modules of an extra can be imported; imports none."""
    return all(importlib.util.find_spec(module) is not None for module in EXTRAS[extra])


@contextmanager
def needing(extra: str, purpose: str) -> Iterator[None]:
    """Import modules of an extra in this block.

    Args:
        extra: its name.
        purpose: continues the sentence "is not installed, and is needed ...".

    Raises:
        ExtraMissingError: one of them is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        if module not in EXTRAS[extra]:
            raise
        raise ExtraMissingError(
            f"is not installed, and is needed {purpose}", subject=module, next_step=next_step(extra)
        ) from error
