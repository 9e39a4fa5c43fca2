"""State of Shazam's rate limit, read without asking it."""

from pathlib import Path

from utawaku.library.config import Settings
from utawaku.library.service_status import GateState, allowance, services

__all__ = ["GateState", "allowance", "shazam_path", "shazam_state"]


def shazam_path(settings: Settings) -> Path:
    """Return where remembered answers, the rate limit and the circuit breaker lie."""
    return services(settings)["shazam"].path


def shazam_state(settings: Settings) -> GateState:
    """Read how things stand with Shazam; never raises for a missing or damaged file."""
    return services(settings)["shazam"].state()
