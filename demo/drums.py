"""A drum kit: every drum is one short recording, made once and laid in where a pattern asks for
it."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float32]

PANS = {
    "hat": 0.25,
    "open hat": 0.25,
    "ride": -0.3,
    "crash": -0.2,
    "shaker": 0.4,
    "rim": 0.15,
    "clap": 0.0,
}


@dataclass
class DrumKit:
    """Strikes drums at one sample rate."""

    sample_rate_hz: int
    seed: int
    _hits: dict[str, Audio] = field(default_factory=dict, repr=False)

    def strike(self, track: Audio, drum: str, start_s: float, gain: float) -> None:
        """Add one hit to `track` (2, n_samples)."""
        if drum not in self._hits:
            self._hits[drum] = _make(drum, self.sample_rate_hz, self.seed)
        start = max(int(start_s * self.sample_rate_hz), 0)
        hit = self._hits[drum][: max(track.shape[1] - start, 0)]
        if not hit.size:
            return
        angle = (PANS.get(drum, 0.0) + 1.0) * np.pi / 4
        track[0, start : start + hit.size] += hit * np.float32(gain * np.cos(angle))
        track[1, start : start + hit.size] += hit * np.float32(gain * np.sin(angle))


def _make(drum: str, rate: int, seed: int) -> Audio:
    rng = np.random.default_rng([seed, sum(drum.encode())])
    length_s = {"crash": 1.8, "ride": 0.8, "taiko": 0.9, "kick": 0.35, "open hat": 0.4}.get(
        drum, 0.25
    )
    time = np.arange(int(length_s * rate)) / rate
    noise = rng.standard_normal(time.size)
    if drum == "kick":
        sweep = 48.0 * time + 60.0 * 0.035 * (1.0 - np.exp(-time / 0.035))
        sound = np.sin(2 * np.pi * sweep) * np.exp(-time / 0.11)
        sound += 0.25 * _band(noise, 1500.0, 5000.0, rate) * np.exp(-time / 0.004)
    elif drum == "taiko":
        sweep = 62.0 * time + 40.0 * 0.05 * (1.0 - np.exp(-time / 0.05))
        sound = np.sin(2 * np.pi * sweep) * np.exp(-time / 0.25)
        sound += 0.3 * _band(noise, 200.0, 1200.0, rate) * np.exp(-time / 0.03)
    elif drum == "snare":
        body = np.sin(2 * np.pi * 185.0 * time) * np.exp(-time / 0.06)
        sound = 0.6 * body + 0.8 * _band(noise, 900.0, 8000.0, rate) * np.exp(-time / 0.075)
    elif drum == "brush":
        sound = (
            0.6
            * _band(noise, 1500.0, 7000.0, rate)
            * np.exp(-time / 0.06)
            * (1 - np.exp(-time / 0.012))
        )
    elif drum == "rim":
        sound = np.sin(2 * np.pi * 1650.0 * time) * np.exp(-time / 0.014)
        sound += 0.3 * _band(noise, 1000.0, 5000.0, rate) * np.exp(-time / 0.008)
    elif drum == "clap":
        bursts = sum(
            np.exp(-np.maximum(time - late, 0.0) / 0.012) * (time >= late)
            for late in (0.0, 0.011, 0.022)
        )
        tail = np.exp(-time / 0.08) * 0.6
        sound = 0.5 * _band(noise, 800.0, 4500.0, rate) * (bursts + tail)
    elif drum == "shaker":
        sound = (
            0.4
            * _band(noise, 5000.0, 11000.0, rate)
            * np.exp(-time / 0.035)
            * (1 - np.exp(-time / 0.01))
        )
    else:  # metal: hats, ride and crash differ in how long they ring and how much they ping
        ring_s = {"hat": 0.03, "open hat": 0.16, "ride": 0.3, "crash": 0.55}[drum]
        ping = sum(
            np.sign(np.sin(2 * np.pi * pitch * time)) for pitch in (3170.0, 4480.0, 5830.0, 7340.0)
        )
        metal = 0.5 * _band(np.asarray(ping), 6000.0, 14000.0, rate) + _band(
            noise, 6500.0, 15000.0, rate
        )
        sound = 0.45 * metal * np.exp(-time / ring_s)
    fade = np.minimum(1.0, (time[-1] - time) / 0.01)
    result: Audio = (0.5 * sound * fade).astype(np.float32)
    return result


def _band(
    noise: NDArray[np.float64], low_hz: float, high_hz: float, rate: int
) -> NDArray[np.float64]:
    from scipy.signal import butter, sosfilt

    top = 0.45 * rate
    band = (min(low_hz, 0.5 * top), min(high_hz, top))
    sections = butter(2, band, "bandpass", fs=rate, output="sos")
    return np.asarray(sosfilt(sections, noise))
