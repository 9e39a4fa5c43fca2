"""Speech against the rest, engine by engine: `python benchmarks/bacs.py --weights FOLDER`.

Frames of 10 ms. Streams of the corpus (UTAWAKU_CORPUS) have their truth beside them in
`NAME.truth.json`; its other folders are of one kind each, as in MUSAN: a file of `speech/` is
speech from start to end, one of `instrumental/` or `noise/` is not. Speech over music counts as
speech. Songs are found by the shipped scorer, which was trained on what the engine `sm` says.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

ENDINGS = {".mp3", ".webm", ".ogg", ".flac", ".wav"}
KINDS = {"speech": True, "instrumental": False, "noise": False}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--engines", nargs="+", default=["bacs", "sm"])
    parser.add_argument("--network", type=Path, help="a network of `utawaku train segmenter`")
    arguments = parser.parse_args()
    from benchmarks.song_scores import Score, score
    from utawaku.media.probe import probe
    from utawaku.models.mfcc_segmenter import BacsSegmenter
    from utawaku.models.mfcc_segmenter.evaluation import FrameScores, Region, score_frames
    from utawaku.models.segmenter import Segmenter
    from utawaku.models.songs import find_songs, segment_and_listen

    corpus = Path(os.environ["UTAWAKU_CORPUS"])
    print("| engine | audio | frames | accuracy | precision | recall | F1 | songs found / clean "
          "| CPU s an hour |\n|---|---|---|---|---|---|---|---|---|")  # fmt: skip
    for name in arguments.engines:
        if name == "bacs" and arguments.network:
            engine: BacsSegmenter | Segmenter = BacsSegmenter(arguments.network)
        elif name == "bacs":
            engine = BacsSegmenter.from_registry(arguments.weights)
        else:
            engine = Segmenter.from_registry(arguments.weights, engine=name, threads=1)

        def told(audio: str, s: FrameScores, songs: str, cost: str, name: str = name) -> None:
            shares = " | ".join(f"{v:.3f}" for v in (s.accuracy, s.precision, s.recall, s.f1))
            print(f"| {name} | {audio} | {s.n_frames} | {shares} | {songs} | {cost} |", flush=True)

        for path in sorted((corpus / "streams").iterdir()):
            if path.suffix not in ENDINGS:
                continue
            truth = json.loads(path.with_name(f"{path.stem}.truth.json").read_text("utf-8"))
            regions = [
                Region(r["label"] == "speech", r["start"], r["end"]) for r in truth["regions"]
            ]
            began = time.process_time()
            found = segment_and_listen(engine, path)
            cost = (time.process_time() - began) / found.duration_s * 3600
            songs = [(song.start_s, song.stop_s) for song in find_songs(found)]
            true = [(song["start"], song["end"]) for song in truth["songs"]]
            judged: Score = score(songs, true)
            told(
                path.name,
                score_frames(found.segments, regions),
                f"{judged.found_f1:.2f} / {judged.clean_f1:.2f}",
                f"{cost:.1f}",
            )
        for kind, is_speech in KINDS.items():
            total = FrameScores()
            for path in sorted((corpus / kind).iterdir()):
                if path.suffix in ENDINGS:
                    whole = [Region(is_speech, 0.0, probe(path).duration_s)]
                    total += score_frames(engine.analyse(path).segments, whole)
            told(f"{kind}/", total, "", "")


if __name__ == "__main__":
    main()
