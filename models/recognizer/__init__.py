"""Names songs by asking Shazam, politely."""

from models.recognizer.client import ClientOptions, ShazamClient
from models.recognizer.gate import BreakerState, Gate
from models.recognizer.protocol import Answer, Locale, Track
from models.recognizer.recognize import (
    Recognition,
    RecognizeOptions,
    Witness,
    recognize,
    recognize_many,
)
from models.recognizer.transpose import pitch_shift, time_stretch
from models.recognizer.windows import WINDOW_S, Window, place_windows

__all__ = [
    "WINDOW_S",
    "Answer",
    "BreakerState",
    "ClientOptions",
    "Gate",
    "Locale",
    "Recognition",
    "RecognizeOptions",
    "ShazamClient",
    "Track",
    "Window",
    "Witness",
    "pitch_shift",
    "place_windows",
    "recognize",
    "recognize_many",
    "time_stretch",
]
