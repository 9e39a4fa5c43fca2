"""Sounds between songs: chat, applause, jingles, and the floor noise of a live microphone."""

import numpy as np
from numpy.typing import NDArray

from utawaku.demo.drums import DrumKit
from utawaku.demo.instruments import Orchestra
from utawaku.demo.mixing import limiter_gain, loudness_lufs, reverb
from utawaku.demo.speech import speak

Audio = NDArray[np.float32]

_TALK_LUFS = -18.0
FLOOR_DBFS = -64.0

_LINES: dict[str, tuple[str, ...]] = {
    "ja": (
        "みなさん、こんばんは。きょうも、うたわくに、きてくれて、ありがとうございます。",
        "さいきん、とても、さむくなってきましたね。みんな、かぜを、ひいていませんか。",
        "つぎのきょくは、とても、ふるいうたです。でも、わたしは、だいすきなんです。",
        "ちょっと、みずを、のみますね。すこし、まっていてください。",
        "コメント、ありがとう。ちゃんと、ぜんぶ、よんでいますよ。",
        "このうたは、しょうがっこうのとき、おんがくのじかんに、うたいました。",
        "おとの、おおきさは、だいじょうぶですか。マイクが、とおくないですか。",
        "それでは、つぎのきょくに、いきたいとおもいます。きいてください。",
        "きのう、ともだちと、カラオケにいって、よじかんも、うたってしまいました。",
        "あさって、また、はいしんしますので、よかったら、きてくださいね。",
        "いま、なんじですか。もう、こんなじかん。じかんが、たつのは、はやいですね。",
        "はじめてきてくれたひと、いますか。ゆっくりしていってくださいね。",
        "キーが、たかいので、こえが、でるか、ちょっと、しんぱいです。",
        "リクエストも、まっています。しっているきょくなら、うたいますよ。",
    ),
    "en-us": (
        "Thank you so much for coming tonight. It means a lot to me.",
        "I have been practising this one all week, so please be kind to me.",
        "The next song is an old one, but I love it very much.",
        "Somebody in the chat asked about the microphone. It is the same one as last time.",
        "Can everybody hear me? Is the music too loud? Please tell me in the comments.",
        "My cat is sleeping on the keyboard again, so I can not reach the mouse.",
        "We still have time for a few more songs before I have to go to bed.",
        "That was a little high for me, I think. Next time I will try another key.",
        "Let me drink some water, and then we will go on with the next one.",
        "Yesterday I went for a long walk by the river and hummed this the whole way.",
    ),
    "de": (
        "Guten Abend zusammen, schön, dass ihr wieder dabei seid.",
        "Das nächste Lied ist sehr alt, und ich mag es wirklich sehr.",
        "Ich trinke nur kurz einen Schluck Wasser, dann geht es weiter.",
        "Schreibt mir gern in den Chat, was ihr als Nächstes hören wollt.",
    ),
    "es": (
        "Buenas noches a todos, muchas gracias por venir esta noche.",
        "La próxima canción es muy antigua, pero me gusta muchísimo.",
        "Voy a beber un poco de agua y después seguimos cantando.",
    ),
}
_SPEAKERS = (
    ("host", "ja", 0.6),
    ("guest", "en-us", 0.17),
    ("narrator", "en-us", 0.08),
    ("friend", "de", 0.08),
    ("uncle", "es", 0.07),
)


def talk(seconds: float, sample_rate_hz: int, rng: np.random.Generator) -> tuple[Audio, str]:
    """About `seconds` of chat, never less: (2, n_samples) float32 at -18 LUFS, and the languages
    spoken.

    One speaker holds the floor for a few sentences; pauses between sentences are 0.25 to 0.7 s.
    """
    pieces: list[Audio] = []
    languages: list[str] = []
    n_samples = 0
    while n_samples < seconds * sample_rate_hz:
        speaker = int(rng.choice(len(_SPEAKERS), p=[share for _, _, share in _SPEAKERS]))
        voice, language, _ = _SPEAKERS[speaker]
        lines = _LINES[language]
        for line in rng.permutation(len(lines))[: int(rng.integers(2, 4))]:
            if n_samples >= seconds * sample_rate_hz:
                break
            if pieces:
                pieces.append(np.zeros(int(rng.uniform(0.25, 0.7) * sample_rate_hz), np.float32))
                n_samples += pieces[-1].size
            pieces.append(speak(lines[int(line)], voice, language, sample_rate_hz))
            n_samples += pieces[-1].size
            if language not in languages:
                languages.append(language)
    dry = np.concatenate(pieces)
    room = reverb(
        dry, sample_rate_hz, seconds=0.3, seed=int(rng.integers(1 << 30)), bright_hz=7000.0
    )
    return at_loudness(np.stack([dry, dry]) + 0.12 * room, sample_rate_hz, _TALK_LUFS), "+".join(
        languages
    )


def applause(seconds: float, sample_rate_hz: int, rng: np.random.Generator) -> Audio:
    """A small audience clapping: (2, n_samples) float32, swelling and dying away."""
    n = int(seconds * sample_rate_hz)
    claps = np.zeros((2, n), np.float32)
    kit = DrumKit(sample_rate_hz, int(rng.integers(1 << 30)))
    for _ in range(24):
        at_s, period_s = float(rng.uniform(0.0, 0.5)), float(rng.uniform(0.16, 0.32))
        loud = float(rng.uniform(0.1, 0.35))
        person = np.zeros((2, n), np.float32)
        while at_s < seconds:
            kit.strike(person, "clap", at_s, loud)
            at_s += period_s * float(rng.uniform(0.85, 1.15))
        angle = float(rng.uniform(0.2, np.pi / 2 - 0.2))
        claps += person * np.array([[np.cos(angle)], [np.sin(angle)]], np.float32)
    claps += 0.3 * reverb(claps.mean(axis=0), sample_rate_hz, seconds=0.8, seed=1)
    at = np.linspace(0.0, 1.0, n)
    shape = np.minimum(1.0, at / 0.15) * np.minimum(1.0, (1.0 - at) / 0.4)
    return at_loudness(claps * shape.astype(np.float32), sample_rate_hz, -22.0)


def jingle(seconds: float, sample_rate_hz: int, rng: np.random.Generator) -> Audio:
    """A short signature tune with an ending: (2, n_samples) float32."""
    n = int(seconds * sample_rate_hz)
    track = np.zeros((2, n), np.float32)
    orchestra = Orchestra(sample_rate_hz, 7)
    kit = DrumKit(sample_rate_hz, 7)
    root = int(rng.integers(-3, 4))
    beat_s = 60.0 / 126.0
    n_bars = max(int((seconds - 1.8) / (4 * beat_s)), 1)
    progression = ((60, 64, 67), (57, 60, 64), (53, 57, 60), (55, 59, 62))
    for bar in range(n_bars):
        chord = progression[bar % 4]
        start_s = bar * 4 * beat_s
        for midi in chord:
            orchestra.play(track, "electric piano", midi + root, start_s, 4 * beat_s, 0.5, -0.3)
            orchestra.play(track, "saws", midi + root, start_s, 4 * beat_s, 0.18, 0.3)
        for step in range(8):
            tone = chord[(step * 2) % 3] + 12 * (1 + step % 2)
            orchestra.play(
                track, "music box", tone + root, start_s + step * beat_s / 2, 0.5, 0.5, 0.2
            )
            kit.strike(track, "hat", start_s + step * beat_s / 2, 0.12)
        for beat in range(4):
            orchestra.play(
                track, "synth bass", chord[0] - 24 + root, start_s + beat * beat_s, 0.3, 0.5
            )
            kit.strike(track, "kick" if beat % 2 == 0 else "clap", start_s + beat * beat_s, 0.45)
    stop_s = n_bars * 4 * beat_s
    for midi in (48, 60, 64, 67, 72):
        orchestra.play(
            track, "electric piano", midi + root, stop_s, seconds - stop_s, 0.4, 0.0, 0.6
        )
    kit.strike(track, "crash", stop_s, 0.2)
    track += 0.2 * reverb(track.mean(axis=0), sample_rate_hz, seconds=1.2, seed=8)
    n_fade = int(0.4 * sample_rate_hz)
    track[:, -n_fade:] *= np.linspace(1.0, 0.0, n_fade, dtype=np.float32)
    return at_loudness(track, sample_rate_hz, -17.0)


def floor_noise(n_samples: int, sample_rate_hz: int, rng: np.random.Generator) -> Audio:
    """Return what an open microphone hears in an empty room: (2, n_samples) float32 at -64 dBFS."""
    from scipy.signal import butter, sosfilt

    hiss = rng.standard_normal((2, n_samples)).astype(np.float32)
    hiss = sosfilt(butter(1, 1500.0, fs=sample_rate_hz, output="sos"), hiss, axis=-1)
    level = 10.0 ** (FLOOR_DBFS / 20.0) / (float(np.sqrt(np.mean(hiss**2))) + 1e-12)
    result: Audio = (hiss * level).astype(np.float32)
    return result


def at_loudness(audio: Audio, sample_rate_hz: int, lufs: float) -> Audio:
    """`audio` (2, n_samples) at this loudness, limited so that nothing clips."""
    gain = np.float32(10.0 ** ((lufs - loudness_lufs(audio, sample_rate_hz)) / 20.0))
    loud = audio * gain
    return loud * limiter_gain(loud, sample_rate_hz, 0.89)
