"""The process that works on an order: `python -m utawaku.web.worker`.

It reads one order as JSON from standard input and tells what it does, one JSON object a line. It
is a process of its own so that the server goes on answering, so that it can be cancelled, and so
that a file which brings a decoder down takes nothing else with it.
"""

import json
import os
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from utawaku.library.config import load_settings
from utawaku.library.errors import UtawakuError
from utawaku.library.progress import Progress, part
from utawaku.media.cut import cut_audio
from utawaku.media.probe import probe
from utawaku.models.highlight.engine import InterestEngine, interest_engine
from utawaku.web.inspection import played_as
from utawaku.workflows.file_highlights import highlight_of_file

if TYPE_CHECKING:
    from utawaku.models.playlist import MadePlaylist

KEPT = ("start_s", "stop_s", "duration_s", "bpm", "key", "curve", "source")
"""Facts that are kept of a highlight."""
N_DRAWN = 240
"""Values of the curve that the page draws."""
LONGEST_PLAYED_S = 1_200.0
"""Of a longer recording that has to be encoded, only the highlight can be heard."""


def tell(event: str, **values: Any) -> None:
    """Tell the server something."""
    sys.stdout.write(json.dumps({"event": event, **values}, ensure_ascii=True) + "\n")
    sys.stdout.flush()


def _progress(done: float, message: str) -> None:
    tell("progress", done=round(done, 4), message=message)


def work(order: dict[str, Any]) -> None:
    """Find the highlights of an order's songs, and join them where a playlist is wanted."""
    engine = interest_engine(load_settings().highlight)
    folder = Path(order["folder"])
    is_playlist = order["kind"] == "playlist"
    finding = part(_progress, 0, 0.5 if is_playlist else 1)
    results: list[dict[str, Any]] = []
    songs: Sequence[dict[str, Any]] = order["songs"]
    for number, song in enumerate(songs):
        step = part(finding, number / len(songs), (number + 1) / len(songs))
        tell("begin", ref=song["ref"], title=song["title"])
        try:
            result = song["result"] or _result_of(song, engine, part(step, 0, 0.5))
            if not is_playlist and "sound" not in result:
                target = folder / f"{number:03}.m4a"
                result |= _sound(Path(song["path"]), result, target, part(step, 0.5, 1))
        except UtawakuError as error:
            why = _without_path(str(error), song["path"])
            tell("failed", ref=song["ref"], title=song["title"], why=why)
            continue
        results.append({**result, "path": song["path"]})
        tell("highlight", result=result)
    tell("begin", ref="", title="the playlist")
    if is_playlist:
        _join(results, folder, order["options"], part(_progress, 0.5, 1))


def _result_of(song: dict[str, Any], engine: InterestEngine, progress: Progress) -> dict[str, Any]:
    progress(0, f"listening to {song['title']}")
    found = song["known"]
    if found is None:
        heard = highlight_of_file(Path(song["path"]), engine)
        found = {name: getattr(heard, name) for name in KEPT}
    return {
        **{name: found[name] for name in KEPT},
        "curve": thinned(np.asarray(found["curve"], np.float64), N_DRAWN),
        "ref": song["ref"],
        "title": song["title"],
        "artist": song["artist"],
    }


def _sound(path: Path, result: dict[str, Any], target: Path, progress: Progress) -> dict[str, Any]:
    """Encode what a browser does not play; return where its sound is, and from when on."""
    content_type = played_as(probe(path))
    if content_type:
        return {"sound": "", "content_type": content_type, "sound_start_s": 0.0}
    start_s, stop_s = 0.0, None
    if result["duration_s"] > LONGEST_PLAYED_S:
        start_s, stop_s = result["start_s"], result["stop_s"]
    cut_audio(
        path, start_s, stop_s, target, codec="m4a", with_loudness=False,
        progress=lambda done, _: progress(done, f"encoding {result['title']} for the browser"),
    )  # fmt: skip
    return {"sound": target.name, "content_type": "audio/mp4", "sound_start_s": start_s}


def thinned(curve: np.ndarray, n_most: int) -> list[float]:
    """Return a curve, float (n_seconds,), as at most `n_most` values: the means of equal parts."""
    parts = np.array_split(curve, min(n_most, len(curve))) if len(curve) else []
    return [round(float(values.mean()), 3) for values in parts]


def _join(
    results: Sequence[dict[str, Any]], folder: Path, options: dict[str, Any], progress: Progress
) -> None:
    # With it comes what most orders need not.
    from utawaku.models.playlist import PlaylistItem, join_items

    items = []
    for one in results:
        is_span = options["highlights"] and one["stop_s"] - one["start_s"] < one["duration_s"]
        items.append(
            PlaylistItem(
                path=Path(one["path"]),
                title=one["title"],
                artist=one["artist"],
                start_s=one["start_s"] if is_span else 0.0,
                stop_s=one["stop_s"] if is_span else None,
                bpm=one["bpm"],
                key=one["key"] or "",
            )
        )
    made = join_items(
        items,
        folder / f"playlist.{options['format']}",
        order=options["order"],
        crossfade_s=options["crossfade_s"],
        copies=True,
        progress=progress,
    )
    for item, why in made.mix.left_out:
        tell("failed", ref="", title=item.title, why=_without_path(why, str(item.path)))
    chapters = [
        {
            "title": chapter.title,
            "start_s": chapter.start_s,
            "stop_s": chapter.stop_s,
            "bpm": chapter.item.bpm,
            "key": chapter.item.key,
        }
        for chapter in made.mix.chapters
    ]
    tell(
        "made",
        file=made.mix.path.name,
        m3u8=made.m3u8.name,
        zip=_zipped(made).name,
        duration_s=made.mix.duration_s,
        chapters=chapters,
        notes=[{"title": title, "why": why} for title, why in made.notes],
    )


def _without_path(text: str, path: str) -> str:
    """Return an error without the place of its file: the name is ours, and nothing to its owner."""
    return text.replace(f"{path}: ", "").replace(path, "the file")


def _zipped(made: "MadePlaylist") -> Path:
    """Pack the joined file, the list and the clips that it names: they belong together."""
    from utawaku.models.playlist import clips_folder

    target = made.mix.path.with_suffix(".zip")
    clips = clips_folder(made.mix.path)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in [made.mix.path, made.m3u8, *sorted(clips.glob("*"))]:
            archive.write(path, path.relative_to(target.parent).as_posix())
    return target


def main() -> None:
    """Work on the order; errors of ours are told, others end the process."""
    if hasattr(os, "nice"):  # the server, and who listens on this machine, come first
        os.nice(5)
    try:
        work(json.load(sys.stdin))
    except UtawakuError as error:
        tell("error", text=str(error))


if __name__ == "__main__":
    main()
