"""State of Shazam's rate limit, read without asking it."""

from pathlib import Path
from typing import TYPE_CHECKING

from utawaku.library.config import Settings
from utawaku.library.service_status import GateState, allowance, services

if TYPE_CHECKING:
    from utawaku.library.catalogue import Catalogue

__all__ = ["GateState", "allowance", "shazam_path", "shazam_state"]


def shazam_path(settings: Settings) -> Path:
    """Return where answers, rate limit and circuit breaker lie on one machine."""
    return services(settings)["shazam"].path


def shazam_state(settings: Settings, catalogue: "Catalogue") -> GateState:
    """Read how things stand with Shazam; never raises for what is missing or damaged."""
    return services(settings)["shazam"].state(catalogue)
