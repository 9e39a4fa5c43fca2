"""A speech synthesiser for the host's talk: eSpeak NG, as the ``espeakng-loader`` wheel carries it.

The wheel holds the library and all its voices, so nothing is fetched and no system package is
needed.
"""

import _ctypes
import ctypes
import sys
import threading
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from utawaku.library.errors import EngineError, NotFoundError
from utawaku.library.extras import next_step

Audio = NDArray[np.float32]

_AUDIO_OUTPUT_SYNCHRONOUS = 2
_DONT_EXIT = 0x8000
_CHARS_UTF8 = 1
_RATE, _PITCH, _RANGE = 1, 3, 4
_SEED = 1


@dataclass(frozen=True, slots=True)
class SpeakingVoice:
    """A speaker: eSpeak NG's voice variant, words a minute, pitch and liveliness (0 to 100)."""

    variant: str
    words_per_minute: int
    pitch: int
    pitch_range: int


_ONE_AT_A_TIME = threading.Lock()

SPEAKING_VOICES = {
    "host": SpeakingVoice("f2", 165, 66, 62),
    "guest": SpeakingVoice("f4", 155, 52, 55),
    "friend": SpeakingVoice("m3", 160, 48, 55),
    "narrator": SpeakingVoice("Annie", 150, 58, 50),
    "uncle": SpeakingVoice("m7", 150, 40, 50),
}
LANGUAGES = ("ja", "en-us", "en", "de", "es", "fr", "it", "ko", "pt", "cs")


def speak(
    text: str, voice: str = "host", language: str = "ja", sample_rate_hz: int = 44100
) -> Audio:
    """Speak `text`: (n_samples,) float32 near 0.1 RMS, without silence at its ends.

    Japanese is read from kana. Raises NotFoundError for a voice that is not in SPEAKING_VOICES or a
    language that the synthesiser lacks, EngineError where the synthesiser cannot be loaded or says
    nothing.
    """
    if voice not in SPEAKING_VOICES:
        raise NotFoundError(
            "no such voice", subject=voice, next_step=f"Choose one of: {', '.join(SPEAKING_VOICES)}"
        )
    with _ONE_AT_A_TIME, _Synthesiser() as synthesiser:
        samples = synthesiser.speak(text, SPEAKING_VOICES[voice], language)
        rate_hz = synthesiser.rate_hz
    loud = np.flatnonzero(np.abs(samples) > 0.004)
    if not loud.size:
        raise EngineError("the speech synthesiser said nothing", subject=text)
    samples = samples[loud[0] : loud[-1] + 1]
    if sample_rate_hz != rate_hz:
        import soxr

        samples = soxr.resample(samples, rate_hz, sample_rate_hz)
    level = float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))
    return (samples * (0.1 / level)).astype(np.float32)


class _Synthesiser:
    """The C library, loaded for one utterance.

    It keeps what it last said in static memory, so that the same text would come out a little
    differently the second time; only a freshly loaded copy starts from the same state. It also
    shakes the voice by random numbers, which it seeds with the time of day unless it is given a
    seed.
    """

    def __init__(self) -> None:
        try:
            import espeakng_loader  # type: ignore[import-untyped]

            self._library = ctypes.CDLL(espeakng_loader.get_library_path())
            data_path = espeakng_loader.get_data_path()
        except (ImportError, OSError, RuntimeError) as error:
            raise EngineError(
                f"the speech synthesiser cannot be loaded ({error})",
                subject="espeakng-loader",
                next_step=next_step("demo"),
            ) from error
        self._blocks: list[NDArray[np.int16]] = []
        callback_type = ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
        )
        self._callback = callback_type(self._take)  # kept: C holds only its address
        self._library.espeak_Initialize.argtypes = (
            ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_int,
        )  # fmt: skip
        self._library.espeak_Synth.argtypes = (
            ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int,
            ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p,
        )  # fmt: skip
        self.rate_hz = int(
            self._library.espeak_Initialize(
                _AUDIO_OUTPUT_SYNCHRONOUS, 0, data_path.encode(), _DONT_EXIT
            )
        )
        if self.rate_hz <= 0:
            raise EngineError("the speech synthesiser cannot read its voices", subject=data_path)
        self._library.espeak_ng_SetRandSeed.argtypes = (ctypes.c_long,)
        self._library.espeak_ng_SetRandSeed(_SEED)
        self._library.espeak_SetSynthCallback(self._callback)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._library.espeak_Terminate()
        if sys.platform == "win32":
            _ctypes.FreeLibrary(self._library._handle)
        else:
            _ctypes.dlclose(self._library._handle)

    def _take(self, samples: Any, n_samples: int, _events: object) -> int:
        if samples and n_samples > 0:
            self._blocks.append(np.ctypeslib.as_array(samples, (n_samples,)).copy())
        return 0

    def speak(self, text: str, voice: SpeakingVoice, language: str) -> Audio:
        """Say `text` as it comes: (n_samples,) float32 at `rate_hz`."""
        name = f"{language}+{voice.variant}"
        if self._library.espeak_SetVoiceByName(name.encode()) != 0:
            raise NotFoundError(
                "the speech synthesiser lacks this language",
                subject=language,
                next_step=f"These are known to work: {', '.join(LANGUAGES)}",
            )
        for parameter, value in (
            (_RATE, voice.words_per_minute),
            (_PITCH, voice.pitch),
            (_RANGE, voice.pitch_range),
        ):
            self._library.espeak_SetParameter(parameter, value, 0)
        data = text.encode() + b"\0"
        self._library.espeak_Synth(data, len(data), 0, 1, 0, _CHARS_UTF8, None, None)
        self._library.espeak_Synchronize()
        blocks = self._blocks or [np.zeros(0, np.int16)]
        return np.concatenate(blocks).astype(np.float32) / 32768.0
