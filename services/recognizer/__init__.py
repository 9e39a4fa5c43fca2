"""Names songs by asking Shazam, politely."""

from utawaku.services.recognizer.client import ClientOptions, ShazamClient
from utawaku.services.recognizer.protocol import Answer, Locale, Track
from utawaku.services.recognizer.rate_limit import BreakerState, Gate
from utawaku.services.recognizer.recognize import (
    Recognition,
    RecognizeOptions,
    WindowAnswer,
    recognize,
    recognize_many,
)
from utawaku.services.recognizer.transpose import pitch_shift, time_stretch
from utawaku.services.recognizer.windows import WINDOW_S, Window, place_windows

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
    "WindowAnswer",
    "pitch_shift",
    "place_windows",
    "recognize",
    "recognize_many",
    "time_stretch",
]
