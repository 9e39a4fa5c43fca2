"""The option `--device` of commands that run networks."""

import os
from typing import Annotated

import typer

from utawaku.library.engines import DEVICES, one_of
from utawaku.library.paths import environment_name


def _use(device: str | None) -> str | None:
    """Let this process and its children run networks on a device."""
    if device is None:
        return None
    if device not in DEVICES:
        raise typer.BadParameter(f"choose {one_of(DEVICES)}")
    os.environ[environment_name("device")] = device
    return device


DeviceOption = Annotated[
    str | None,
    typer.Option(
        "--device",
        metavar="NAME",
        callback=_use,
        help=f"Device for networks: {one_of(DEVICES)}; default: the setting.",
    ),
]
