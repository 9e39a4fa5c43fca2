"""Names a song by asking Shazam about several of its windows, in several keys.

A name counts when windows agree, best when the places they were found at in the track lie as far
apart as the windows do in the song. The song is asked as it is sung first; then the best windows
transposed, because karaoke tracks are sung in the singer's key and Shazam knows only the original.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from utawaku.library.progress import Progress, silent
from utawaku.library.records import LabelCandidate
from utawaku.models.labels import same_song, shazam_probability, unwrap_karaoke
from utawaku.services.recognizer.client import ShazamClient
from utawaku.services.recognizer.protocol import Answer
from utawaku.services.recognizer.signature import (
    SAMPLE_RATE_HZ,
    Signature,
    pcm_from_audio,
    signature_of,
)
from utawaku.services.recognizer.transpose import pitch_shift
from utawaku.services.recognizer.windows import Window, place_windows

ODD_RETRY_S = 86_400.0
"""A song with answers that nobody can read is asked about again after so long."""
MAX_ODD = 2
"""Windows of one song with such answers, after which it is left for that time."""

Outcome = Literal["named", "unknown", "deferred"]


@dataclass(frozen=True, slots=True)
class RecognizeOptions:
    """The number of questions to ask about a song."""

    n_windows: int = 3
    max_semitones: int = 3
    max_questions: int = 12
    signed: Callable[[NDArray[np.int16]], Signature] = signature_of
    """Makes the signature of int16 (n_samples,) mono at 16 kHz."""


@dataclass(frozen=True, slots=True)
class WindowAnswer:
    """One window's answer."""

    window: Window
    semitones: int
    """By how much the query was transposed before asking."""
    answer: Answer


@dataclass(frozen=True, slots=True)
class Recognition:
    """The answer for one song."""

    outcome: Outcome
    """`named`: windows agree; `unknown`: the service knows no such song; `deferred`: the service
    could not be asked to the end, try again at `retry_at`."""
    candidates: tuple[LabelCandidate, ...]
    reason: str = ""
    retry_at: float = 0.0
    answers: tuple[WindowAnswer, ...] = field(default=(), repr=False)

    @property
    def n_asked(self) -> int:
        """Questions answered, from memory or by the service."""
        return sum(one.answer.kind not in ("failed", "odd") for one in self.answers)

    @property
    def n_cached(self) -> int:
        """Questions answered from memory."""
        return sum(one.answer.from_cache for one in self.answers)


def recognize(
    audio: NDArray[np.float32],
    client: ShazamClient,
    options: RecognizeOptions | None = None,
    progress: Progress = silent,
) -> Recognition:
    """Name one song, float32 (n_samples,) mono at 16 kHz. Failures become `deferred`."""
    options = options or RecognizeOptions()
    windows = place_windows(audio, options.n_windows)
    if not windows:
        return Recognition("unknown", (), "too short or silent to be asked about")
    answers: list[WindowAnswer] = []
    for window, semitones in _questions(windows, options, answers):
        progress(len(answers) / options.max_questions, "asking Shazam")
        clip = pitch_shift(window.cut(audio), semitones, SAMPLE_RATE_HZ)
        answer = client.ask(options.signed(pcm_from_audio(clip)))
        answers.append(WindowAnswer(window, semitones, answer))
        if answer.kind == "failed":
            return Recognition(
                "deferred",
                _candidates(answers),
                answer.reason,
                answer.retry_at or time.time() + 600,
                tuple(answers),
            )
    found = _candidates(answers)
    odd = next((one.answer.reason for one in answers if one.answer.kind == "odd"), "")
    agreed = bool(found) and len(found[0].evidence["windows"]) >= 2
    if odd and not agreed:
        return Recognition("deferred", found, odd, time.time() + ODD_RETRY_S, tuple(answers))
    reason = "" if agreed else "windows disagree" if found else "Shazam knows no such song"
    return Recognition("named" if agreed else "unknown", found, reason, 0.0, tuple(answers))


def recognize_many(
    songs: Sequence[NDArray[np.float32]],
    client: ShazamClient,
    options: RecognizeOptions | None = None,
    progress: Progress = silent,
    *,
    at_once: int = 4,
) -> list[Recognition]:
    """Name several songs, `at_once` at a time; one song's trouble does not touch the others.

    `songs` are float32 (n_samples,) mono at 16 kHz.
    """
    done = 0

    def one(audio: NDArray[np.float32]) -> Recognition:
        nonlocal done
        named = recognize(audio, client, options)
        done += 1
        progress(done / len(songs), f"asked about {done} of {len(songs)} songs")
        return named

    with ThreadPoolExecutor(max_workers=at_once) as pool:
        return list(pool.map(one, songs))


def _questions(
    windows: Sequence[Window], options: RecognizeOptions, answers: list[WindowAnswer]
) -> Iterator[tuple[Window, int]]:
    """Return what to ask next, given what was answered so far; ends once two windows agree.

    As sung: all windows. Then, key by key outwards, the best window, and where that is answered the
    others in the same key.
    """
    keys = [0]
    for step in range(1, options.max_semitones + 1):
        keys += [-step, step]
    for semitones in keys:
        for place, window in enumerate(windows):
            if len(answers) >= options.max_questions:
                return
            if sum(one.answer.kind == "odd" for one in answers) >= MAX_ODD:
                return
            hopeful = place == 0 or semitones == 0 or _matched(answers, semitones)
            if not hopeful:
                break
            yield window, semitones
            if _agreement(answers) >= 2:
                # A third window makes it sure, where there is one in this key.
                if place + 1 < len(windows) and len(answers) < options.max_questions:
                    yield windows[place + 1], semitones
                return


def _matched(answers: Sequence[WindowAnswer], semitones: int) -> bool:
    return any(w.semitones == semitones and w.answer.kind == "match" for w in answers)


def _agreement(answers: Sequence[WindowAnswer]) -> int:
    return max((len(group) for group in _groups(answers)), default=0)


def _groups(answers: Sequence[WindowAnswer]) -> list[list[WindowAnswer]]:
    """Matches that name one song, in one key, from different windows."""
    groups: list[list[WindowAnswer]] = []
    for one in answers:
        if one.answer.track is None:
            continue
        for group in groups:
            if group[0].semitones == one.semitones and _same(group[0], one):
                group.append(one)
                break
        else:
            groups.append([one])
    return groups


def _same(left: WindowAnswer, right: WindowAnswer) -> bool:
    a, b = left.answer.track, right.answer.track
    if a is None or b is None:
        return False
    if (a.key and a.key == b.key) or (a.isrc and a.isrc == b.isrc):
        return True
    first, second = unwrap_karaoke(a.title, a.artist), unwrap_karaoke(b.title, b.artist)
    return same_song(first.title, first.artist, second.title, second.artist)


def _candidates(answers: Sequence[WindowAnswer]) -> tuple[LabelCandidate, ...]:
    groups = _groups(answers)
    n_matches = sum(len(group) for group in groups)
    found = [_candidate(group, n_matches - len(group)) for group in groups]
    return tuple(sorted(found, key=lambda candidate: -candidate.score))


def _candidate(group: Sequence[WindowAnswer], n_against: int) -> LabelCandidate:
    tracks = [one.answer.track for one in group if one.answer.track]
    unwrapped = [unwrap_karaoke(track.title, track.artist) for track in tracks]
    # The original recording's entry, where one window found it, names the artist best.
    best = next((u for u in unwrapped if not u.is_karaoke), None) or next(
        (u for u in unwrapped if u.artist), unwrapped[0]
    )
    consistent = _consistent(group)
    score = shazam_probability(len(group), consistent=consistent, n_against=n_against)
    return LabelCandidate(
        title=best.title,
        artist=best.artist,
        source="shazam",
        score=round(score, 4),
        evidence={
            "windows": [
                {
                    "start_s": one.window.start_s,
                    "offset_s": one.answer.offset_s,
                    "as": f"{track.title} / {track.artist}",
                    "track": track.key,
                }
                for one, track in zip(group, tracks, strict=True)
            ],
            "semitones": -group[0].semitones,
            "consistent": consistent,
            "against": n_against,
        },
        isrc=next((track.isrc for track in tracks if track.isrc), ""),
        cover_url=next((track.cover_url for track in tracks if track.cover_url), ""),
    )


def _consistent(group: Sequence[WindowAnswer]) -> bool:
    """Return whether windows lie as far apart in the track as in the song, give or take 4 % of
    tempo.
    """
    first = group[0]
    for other in group[1:]:
        apart_s = other.window.start_s - first.window.start_s
        found_s = other.answer.offset_s - first.answer.offset_s
        if abs(found_s - apart_s) > 1.5 + 0.04 * abs(apart_s):
            return False
    return True
