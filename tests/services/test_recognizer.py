"""Songs named through Shazam's protocol, against a local server that matches signatures."""

from __future__ import annotations

import email.utils
import itertools
import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.models.melodies import RATE, melody
from tests.servers.certificates import make_authority
from tests.servers.connect_proxy import ConnectProxy
from tests.servers.shazam import KnownSong, Misdeed, ShazamServer, shazam_server
from utawaku.library.errors import RecognitionError
from utawaku.library.service_status import LONGEST_COOLDOWN_S
from utawaku.services.recognizer import (
    ClientOptions,
    Gate,
    RecognizeOptions,
    ShazamClient,
    pitch_shift,
    place_windows,
    recognize,
    recognize_many,
    time_stretch,
)
from utawaku.services.recognizer.signature import pcm_from_audio, signature_of


@pytest.fixture(scope="module")
def dawn() -> NDArray[np.float32]:
    return melody(1, 60)


@pytest.fixture(scope="module")
def songs(dawn: NDArray[np.float32]) -> list[KnownSong]:
    return [
        KnownSong(
            "Song of Dawn (In the Style of Aoi) [Karaoke Version]",
            "Great Karaoke Band",
            dawn,
            key="101",
            isrc="JPX01",
            cover_url="http://127.0.0.1/cover.jpg",
        ),
        KnownSong("Paper Boats", "Ida Holm", melody(2, 60), key="102"),
    ]


@pytest.fixture
def server(songs: list[KnownSong]) -> Iterator[ShazamServer]:
    with shazam_server(songs) as running:
        yield running
        assert running.faults == []


OPTIONS = ClientOptions(timeout_s=10.0, first_backoff_s=0.01, longest_wait_s=5.0)


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(tmp_path / "shazam.db", per_minute=6000)


@pytest.fixture
def client(server: ShazamServer, gate: Gate) -> Iterator[ShazamClient]:
    made = ShazamClient(gate, replace(OPTIONS, base_url=server.url))
    yield made
    made.close()


def excerpt(audio: NDArray[np.float32], start_s: float) -> NDArray[np.float32]:
    return audio[round(start_s * RATE) : round((start_s + 12) * RATE)]


def ask_about(client: ShazamClient, audio: NDArray[np.float32]) -> object:
    return client.ask(signature_of(pcm_from_audio(audio)))


def test_a_song_is_named_by_windows_that_agree_in_name_and_place(
    client: ShazamClient, server: ShazamServer, dawn: NDArray[np.float32]
) -> None:
    found = recognize(dawn[5 * RATE :], client)
    assert found.outcome == "named"
    best = found.candidates[0]
    assert (best.title, best.artist, best.source) == ("Song of Dawn", "Aoi", "shazam")
    assert (best.isrc, best.cover_url) == ("JPX01", "http://127.0.0.1/cover.jpg")
    assert best.score >= 0.9
    assert best.evidence["consistent"]
    for window in best.evidence["windows"]:
        assert window["offset_s"] == pytest.approx(window["start_s"] + 5, abs=0.1)
    assert len(server.asked) == 3
    assert all(asked.duration_s == 12 for asked in server.asked)


@pytest.mark.parametrize("semitones", [-3, 2])
def test_a_transposed_song_is_found_in_the_original_key(
    client: ShazamClient, dawn: NDArray[np.float32], semitones: int
) -> None:
    sung = pitch_shift(dawn, semitones, RATE)
    found = recognize(sung, client)
    assert found.outcome == "named"
    assert found.candidates[0].title == "Song of Dawn"
    assert found.candidates[0].evidence["semitones"] == semitones
    assert [w.semitones for w in found.answers][:3] == [0, 0, 0]


def test_without_transpositions_a_transposed_song_stays_unknown(
    client: ShazamClient, server: ShazamServer, dawn: NDArray[np.float32]
) -> None:
    sung = pitch_shift(dawn, 2, RATE)
    found = recognize(sung, client, RecognizeOptions(max_semitones=0))
    assert (found.outcome, found.candidates) == ("unknown", ())
    assert len(server.asked) == 3


def test_one_window_alone_does_not_name_a_song(
    client: ShazamClient, dawn: NDArray[np.float32]
) -> None:
    mixed = melody(77, 60)
    only = place_windows(mixed, 3)[0]
    at = round(only.start_s * RATE)
    mixed[at : at + 12 * RATE] = dawn[: 12 * RATE]
    found = recognize(mixed, client, RecognizeOptions(max_semitones=0))
    assert found.outcome == "unknown"
    assert found.reason == "windows disagree"
    assert [c.score < 0.5 for c in found.candidates] == [True]


def test_windows_that_agree_on_the_song_but_not_on_the_place_count_less(
    client: ShazamClient, dawn: NDArray[np.float32]
) -> None:
    shuffled = np.concatenate([dawn[40 * RATE :], dawn[20 * RATE : 40 * RATE], dawn[: 20 * RATE]])
    found = recognize(shuffled, client)
    assert found.outcome == "named"
    assert not found.candidates[0].evidence["consistent"]
    assert found.candidates[0].score < 0.8


def test_a_second_run_asks_nothing_again_matches_and_misses_alike(
    client: ShazamClient, server: ShazamServer, dawn: NDArray[np.float32]
) -> None:
    unknown, options = melody(99, 40), RecognizeOptions(max_semitones=1)
    first = [recognize(song, client, options) for song in (dawn, unknown)]
    n_asked = len(server.asked)
    again = [recognize(song, client, options) for song in (dawn, unknown)]
    assert len(server.asked) == n_asked
    assert [r.candidates for r in again] == [r.candidates for r in first]
    assert all(r.n_cached == r.n_asked > 0 for r in again)
    assert first[1].outcome == "unknown"


def test_an_expired_miss_is_asked_again(
    client: ShazamClient, server: ShazamServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = excerpt(melody(98, 14), 0)
    ask_about(client, unknown)
    clock = time.time
    monkeypatch.setattr(time, "time", lambda: clock() + 31 * 86_400)
    answer = ask_about(client, unknown)
    assert len(server.times) == 2
    assert answer is not None


def test_silence_and_snippets_are_not_asked_about(
    client: ShazamClient, server: ShazamServer
) -> None:
    assert recognize(np.zeros(60 * RATE, np.float32), client).outcome == "unknown"
    assert recognize(melody(1, 2), client).outcome == "unknown"
    assert server.times == []


@pytest.mark.parametrize(
    ("misdeed", "reason"),
    [
        ("500", "HTTP 500"),
        ("html", "a web page"),
        ("drop", "cannot be reached"),
        (Misdeed("silent", seconds=3), "in time"),
        (Misdeed("drip", seconds=0.3), "in time"),
    ],
)
def test_trouble_leaves_the_song_unknown_with_the_reason_and_when_to_retry(
    client: ShazamClient,
    server: ShazamServer,
    dawn: NDArray[np.float32],
    misdeed: str | Misdeed,
    reason: str,
) -> None:
    client.options = replace(client.options, n_tries=2, timeout_s=0.5)
    server.misbehave(*[misdeed] * 2)
    found = recognize(dawn, client)
    assert found.outcome == "deferred"
    assert reason in found.reason
    assert found.retry_at > time.time()
    assert len(server.times) == 2
    assert recognize(dawn, client).outcome == "named"


ODD = {
    "nested": "[" * 50_000,
    "nested objects": '{"matches":' * 20_000,
    "a number": "7",
    "no list": '{"matches": 5}',
    "no title": '{"matches": [{}], "track": {"title": 5}}',
    "cut off": '{"matches": [{"id"',
    "digits": '{"matches": ' + "9" * 10_000 + "}",
}


@pytest.mark.parametrize("body", ODD.values(), ids=ODD.keys())
def test_an_answer_that_nobody_can_read_is_that_windows_own_trouble(
    client: ShazamClient, server: ShazamServer, dawn: NDArray[np.float32], gate: Gate, body: str
) -> None:
    server.misbehave(Misdeed("body", body=body))
    assert recognize(dawn, client).outcome == "named"  # by the other windows
    assert (gate.state().is_open, gate.state().n_failures) == (False, 0)


def test_songs_whose_answers_are_odd_wait_and_never_open_the_breaker(
    client: ShazamClient, server: ShazamServer, gate: Gate
) -> None:
    server.misbehave(*["nonsense"] * 50)
    long = melody(20, 60)
    for second in (0, 10, 20, 30):
        found = recognize(long[second * RATE : (second + 30) * RATE], client)
        assert found.outcome == "deferred"
        assert "not understood" in found.reason
        assert found.retry_at > time.time() + 3600
    assert len(server.times) == 8  # two windows a song, then it is left
    assert (gate.state().is_open, gate.state().n_failures) == (False, 0)


def test_what_an_answer_says_is_cleaned(
    client: ShazamClient, server: ShazamServer, dawn: NDArray[np.float32]
) -> None:
    track = {
        "key": "1\n2",
        "title": "So\ud800ng\x1b[31m \u202eof\x00 Dawn" + "!" * 10_000,
        "subtitle": ["no", "text"],
        "isrc": "JP X01",
        "images": {"coverarthq": "javascript:alert(1)", "coverart": "http://127.0.0.1/a.jpg"},
        "genres": {"primary": {"deep": 1}},
    }
    match = {"id": 5, "offset": float("inf"), "timeskew": True, "frequencyskew": 10**400}
    server.misbehave(Misdeed("body", body=json.dumps({"matches": [match], "track": track})))
    answer = ask_about(client, excerpt(dawn, 5))
    assert answer.kind == "match"
    assert answer.track is not None
    assert answer.track.title.startswith("Song of Dawn!")
    assert len(answer.track.title) < 600
    assert (answer.track.key, answer.track.artist, answer.track.isrc) == ("", "", "")
    assert (answer.track.cover_url, answer.track.genre) == ("http://127.0.0.1/a.jpg", "")
    assert (answer.offset_s, answer.timeskew, answer.frequencyskew) == (0.0, 0.0, 0.0)


def test_a_429_never_stops_us_for_longer_than_a_cooldown_lasts(
    client: ShazamClient, server: ShazamServer, gate: Gate, tmp_path: Path
) -> None:
    server.misbehave(Misdeed("429", retry_after="999999999"))
    answer = client.ask(signature_of(pcm_from_audio(melody(5, 12))))
    assert answer.retry_at == pytest.approx(time.time() + LONGEST_COOLDOWN_S, abs=5)
    # As an older version, or a clock that was wrong, may have left it.
    with sqlite3.connect(tmp_path / "shazam.db") as db:
        db.execute("UPDATE breaker SET open_until = 9e12")
    assert not gate.state().is_open
    assert gate.pause("again", 60).open_until < time.time() + 100


def test_a_passing_error_is_retried_and_forgotten(
    client: ShazamClient, server: ShazamServer, dawn: NDArray[np.float32], gate: Gate
) -> None:
    server.misbehave("500", "drop")
    assert recognize(dawn, client).outcome == "named"
    assert gate.state().n_failures == 0


def test_a_429_stops_everybody_for_as_long_as_it_asks(
    client: ShazamClient,
    server: ShazamServer,
    dawn: NDArray[np.float32],
    gate: Gate,
    tmp_path: Path,
) -> None:
    server.misbehave(Misdeed("429", retry_after="4"))
    before = time.time()
    found = recognize(dawn, client)
    assert found.outcome == "deferred"
    assert before + 4 <= found.retry_at <= time.time() + 4
    assert "429" in found.reason
    assert gate.pace() == 3000
    other = ShazamClient(Gate(tmp_path / "shazam.db", per_minute=6000), client.options)
    state = other.gate.state()
    assert state.is_open
    assert "429" in state.reason
    assert recognize(dawn[RATE:], other).outcome == "deferred"
    assert len(server.times) == 1
    time.sleep(max(found.retry_at - time.time(), 0) + 0.05)
    assert recognize(dawn, client).outcome == "named"
    assert not gate.state().is_open
    other.close()


def test_a_429_may_give_a_date(client: ShazamClient, server: ShazamServer) -> None:
    moment = email.utils.formatdate(time.time() + 300, usegmt=True)
    server.misbehave(Misdeed("429", retry_after=moment))
    answer = client.ask(signature_of(pcm_from_audio(melody(5, 12))))
    assert answer.retry_at == pytest.approx(time.time() + 300, abs=3)


def test_each_429_without_a_time_doubles_the_pause(
    client: ShazamClient, server: ShazamServer, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.misbehave("429")
    first = client.ask(signature_of(pcm_from_audio(melody(6, 12)))).retry_at - time.time()
    assert 55 < first < 80
    second = gate.pause("again", None).open_until - time.time()
    assert 115 < second < 155
    for _ in range(12):
        longest = gate.pause("again", None).open_until - time.time()
    assert longest <= 1.25 * 3600


def test_three_failed_songs_open_the_breaker_and_the_batch_goes_on_without_asking(
    client: ShazamClient, server: ShazamServer, gate: Gate
) -> None:
    client.options = replace(client.options, n_tries=1)
    server.misbehave(*["500"] * 50)
    long = melody(20, 36)
    batch = [long[second * RATE : (second + 20) * RATE] for second in range(0, 16, 2)]
    results = recognize_many(batch, client, at_once=1)
    assert [r.outcome for r in results] == ["deferred"] * 8
    assert len(server.times) == 3
    assert gate.state().is_open
    assert "HTTP 500" in gate.state().reason
    gate.reset()
    assert not gate.state().is_open


def test_no_network_at_all_defers_every_song(gate: Gate, dawn: NDArray[np.float32]) -> None:
    client = ShazamClient(gate, replace(OPTIONS, base_url="http://127.0.0.1:1", n_tries=1))
    results = recognize_many([dawn, dawn[RATE:]], client)
    assert [r.outcome for r in results] == ["deferred"] * 2
    assert "cannot be reached (ConnectionRefusedError)" in results[0].reason
    client.close()


def test_at_most_four_requests_run_at_once_whatever_the_number_of_clients(
    server: ShazamServer, tmp_path: Path
) -> None:
    server.misbehave(*[Misdeed("slow", seconds=0.15)] * 12)
    clients = [
        ShazamClient(
            Gate(tmp_path / "g.db", per_minute=6000), replace(OPTIONS, base_url=server.url)
        )
        for _ in range(3)
    ]
    long = pcm_from_audio(melody(40, 17))
    pieces = [signature_of(long[s * RATE : (s + 5) * RATE]) for s in range(12)]
    threads = [
        threading.Thread(target=clients[i % 3].ask, args=(piece,)) for i, piece in enumerate(pieces)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.asked) == 12
    assert 2 <= server.most_at_once <= 4


def test_the_rate_holds_over_any_minute_and_across_clients(tmp_path: Path) -> None:
    gates = [Gate(tmp_path / "g.db", per_minute=5) for _ in range(2)]
    given = 0
    for turn in range(10):
        lease = gates[turn % 2].enter()
        if isinstance(lease, float):
            assert 50 < lease <= 60
        else:
            gates[turn % 2].release(lease)
            given += 1
    assert given == 5
    slow = Gate(tmp_path / "slow.db", per_minute=0.5)
    assert not isinstance(slow.enter(), float)
    wait = slow.enter()
    assert isinstance(wait, float)
    assert 110 < wait <= 120


def test_waiting_longer_than_allowed_defers_instead_of_hanging(
    server: ShazamServer, tmp_path: Path, dawn: NDArray[np.float32]
) -> None:
    slow = ShazamClient(
        Gate(tmp_path / "g.db", per_minute=1),
        replace(OPTIONS, base_url=server.url, longest_wait_s=0.2),
    )
    began = time.monotonic()
    found = recognize(dawn, slow)
    assert time.monotonic() - began < 30  # the wait itself would be a minute
    assert found.outcome == "deferred"
    assert "rate limit" in found.reason
    assert found.n_asked == 1
    slow.close()


def test_a_lease_of_a_crashed_process_does_not_block_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(tmp_path / "g.db", at_once=1, per_minute=6000)
    assert not isinstance(gate.enter(), float)
    assert isinstance(gate.enter(), float)
    clock = time.time
    monkeypatch.setattr(time, "time", lambda: clock() + 121)
    assert not isinstance(gate.enter(), float)


def test_a_cache_that_cannot_be_opened_is_a_typed_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(RecognitionError, match="cannot be used"):
        Gate(tmp_path / "file" / "g.db")
    (tmp_path / "bad.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(RecognitionError, match="cannot be used"):
        Gate(tmp_path / "bad.db")


def test_a_cache_that_breaks_on_the_way_defers_the_song(
    client: ShazamClient, gate: Gate, dawn: NDArray[np.float32], tmp_path: Path
) -> None:
    for path in (tmp_path / "shazam.db").parent.glob("shazam.db*"):
        path.unlink()
    (tmp_path / "shazam.db").write_bytes(b"this is no database" * 100)
    found = recognize(dawn, client)
    assert found.outcome == "deferred"
    assert "answer cache" in found.reason


def test_the_real_address_is_reached_through_a_proxy_with_certificates_from_the_environment(
    tmp_path: Path,
    songs: list[KnownSong],
    dawn: NDArray[np.float32],
    gate: Gate,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    authority = make_authority(tmp_path / "ca", ["amp.shazam.com"])
    with shazam_server(songs, authority.server_context()) as server:
        proxy = ConnectProxy(server.port, ["shazam.com"])
        proxy.start()
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", "")
        monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
        distrusting = ShazamClient(gate, replace(OPTIONS, n_tries=1))
        refused = distrusting.ask(signature_of(pcm_from_audio(excerpt(dawn, 10))))
        assert refused.kind == "failed"
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca_file))
        trusting = ShazamClient(gate, OPTIONS)
        answer = trusting.ask(signature_of(pcm_from_audio(excerpt(dawn, 10))))
        proxy.stop()
        assert answer.kind == "match"
        assert answer.offset_s == pytest.approx(10, abs=0.1)
        assert proxy.hosts == {"amp.shazam.com"}
        assert server.faults == []
        distrusting.close()
        trusting.close()


def test_windows_seek_the_music_and_keep_apart() -> None:
    rng = np.random.default_rng(3)
    audio = (rng.normal(0, 0.01, 120 * RATE)).astype(np.float32)
    audio[30 * RATE : 60 * RATE] += melody(8, 30)
    audio[80 * RATE : 95 * RATE] += melody(9, 15)
    windows = place_windows(audio, 3)
    inside = [
        (w.start_s >= 30 - 1 and w.stop_s <= 60 + 1) or (w.start_s >= 80 - 1 and w.stop_s <= 95 + 1)
        for w in windows[:2]
    ]
    assert inside == [True, True]
    starts = sorted(window.start_s for window in windows)
    assert all(b - a >= 12 for a, b in itertools.pairwise(starts))
    assert all(w.stop_s - w.start_s == 12 for w in windows)
    assert windows == place_windows(audio, 3)


@pytest.mark.parametrize("semitones", [-3.0, 0.5, 3.0])
def test_transposing_moves_the_pitch_and_keeps_length_and_level(semitones: float) -> None:
    t = np.arange(3 * RATE) / RATE
    tone = (0.5 * np.sin(2 * np.pi * 440 * t)).astype(np.float32)
    moved = pitch_shift(tone, semitones, RATE)
    assert len(moved) == len(tone)
    middle = moved[RATE : 2 * RATE] * np.hanning(RATE)
    assert np.argmax(np.abs(np.fft.rfft(middle))) == pytest.approx(
        440 * 2 ** (semitones / 12), abs=1
    )
    assert np.sqrt(np.mean(moved[RATE : 2 * RATE] ** 2)) == pytest.approx(0.354, rel=0.02)


def test_stretching_keeps_the_pitch() -> None:
    t = np.arange(3 * RATE) / RATE
    tone = (0.5 * np.sin(2 * np.pi * 440 * t)).astype(np.float32)
    longer = time_stretch(tone, 1.25)
    assert len(longer) == round(1.25 * len(tone))
    middle = longer[RATE : 2 * RATE] * np.hanning(RATE)
    assert np.argmax(np.abs(np.fft.rfft(middle))) == pytest.approx(440, abs=1)
    with pytest.raises(ValueError, match="positive"):
        time_stretch(tone, 0)
