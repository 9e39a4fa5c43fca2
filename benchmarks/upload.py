"""Upload 250 songs in 3 submissions to the emulated site, through biliup's own clients.

    python benchmarks/upload.py [--songs 250] [--megabytes 4] [--kills 3]

Prints how long planning, uploading and submitting took, what the queue itself costs beside the
bare client, and whether everything arrived exactly once. With `--kills` the working process is
killed (-9) that often on the way. `--render SONG` instead measures the making of videos.
"""

import argparse
import hashlib
import json
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.servers.bilibili import HOSTS
from tests.servers.certificates import make_authority
from tests.services.publishing import Workers, World, make_world, proxy_environment, start_proxy
from utawaku.library.publish.plan import Order, plan
from utawaku.library.records import Song
from utawaku.media.render import CardText, VideoStyle, find_font, render_song

CHUNK = 10 * 1024 * 1024


def songs(n_songs: int, folder: Path, size: int) -> list[Song]:
    """Songs of one long stream with a video file each."""
    made = []
    for number in range(n_songs):
        path = folder / f"{number}.mp4"
        path.write_bytes(random.Random(number).randbytes(size))
        made.append(
            Song(
                id=f"youtube-bench@{number * 240_000}",
                stream_id="youtube-bench",
                position=number,
                start_s=number * 240.0,
                stop_s=number * 240.0 + 200,
                boundary_source="smart",
                confidence=1.0,
                title=f"曲 {number}",
                artist="歌手",
                video_path=str(path),
                channel="うた",
                stream_title="記念歌枠",
                stream_url="https://www.youtube.com/watch?v=bench",
                uploaded_on="2026-11-01",
            )
        )
    return made


def upload(n_songs: int, megabytes: float, kills: int) -> None:
    """The batch, from songs to checked submissions."""
    with tempfile.TemporaryDirectory(prefix="upload-bench-") as name:
        folder = Path(name)
        authority = make_authority(folder / "ca", HOSTS)
        proxy = start_proxy()
        workers = Workers(proxy_environment(proxy, authority), folder)
        world = make_world(folder / "home", authority, proxy, workers)
        world.site.chunk_size = CHUNK
        videos = folder / "videos"
        videos.mkdir()
        chosen = songs(n_songs, videos, round(megabytes * 1e6))
        started = time.perf_counter()
        planned = plan(chosen, Order(account="uta"))
        planning_s = time.perf_counter() - started
        store = world.catalogue.submissions
        kept = [store.move(store.add(one).id, "queued") for one in planned]
        for one in kept:
            world.digests[one.id] = [
                hashlib.sha256(Path(part.path).read_bytes()).hexdigest() for part in one.parts
            ]
        started = time.perf_counter()
        for _ in range(kills):
            fault = world.site.fail(
                "complete", "hang", after=True, skip=n_songs // (2 * max(kills, 1))
            )
            driver = workers.take(doomed=True)
            driver.send({"home": str(world.home), "submissions": [one.id for one in kept]})
            fault.reached.wait(600)
            driver.kill()
            world.site.heal()
        driver = workers.take()
        driver.send({"home": str(world.home), "submissions": [one.id for one in kept]})
        driver.answer(timeout_s=3600)
        wall_s = time.perf_counter() - started
        world.assert_all_published_once(kept)
        report(world, n_songs, megabytes, kills, planning_s, wall_s)
        workers.close()
        world.catalogue.close()
        world.site.stop()
        proxy.stop()


def report(
    world: World, n_songs: int, megabytes: float, kills: int, planning_s: float, wall_s: float
) -> None:
    """Print the table."""
    sent = sum(part.bytes_sent for s in world.catalogue.submissions.recent() for part in s.parts)
    rows = {
        "songs": n_songs,
        "submissions": len(world.site.archives),
        "parts in each": [len(archive.filenames) for archive in world.site.archives],
        "processes killed on the way": kills,
        "planning": f"{planning_s * 1e3:.1f} ms",
        "uploading and submitting": f"{wall_s:.1f} s",
        "a part": f"{wall_s / n_songs * 1e3:.0f} ms",
        "throughput": f"{n_songs * megabytes / wall_s:.1f} MB/s",
        "bytes sent / bytes of the songs": f"{sent / (n_songs * megabytes * 1e6):.3f}",
        "requests": json.dumps(dict(world.site.counts)),
        "violations of the protocol": len(world.site.violations),
        "each part's SHA-256 as sent, each submission once": "yes",
    }
    for name, value in rows.items():
        print(f"{name:52} {value}")


def render(song: Path) -> None:
    """Real-time factors of the videos for songs that have only sound."""
    font = find_font()
    print(f"font: {font.path or 'built in (Latin only)'}")
    print(f"{'preset':12}{'fps':>5}{'real time':>12}{'CPU time':>12}{'MB / min':>10}")
    with tempfile.TemporaryDirectory() as folder:
        for preset in ("ultrafast", "superfast", "veryfast"):
            for fps in (10, 15, 30):
                cpu = time.process_time()
                result = render_song(
                    song,
                    Path(folder) / "song.mp4",
                    CardText("夜に歌う", "歌手", "うたチャンネル", "2026-11-01", "01 / 12"),
                    font=font,
                    style=VideoStyle(preset=preset, fps=fps),
                )
                cpu_factor = result.duration_s / (time.process_time() - cpu)
                size = result.path.stat().st_size / 1e6 / (result.duration_s / 60)
                print(f"{preset:12}{fps:5}{result.speed:11.1f}x{cpu_factor:11.1f}x{size:10.1f}")


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--songs", type=int, default=250)
    parser.add_argument("--megabytes", type=float, default=4.0)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--render", type=Path, help="measure rendering of this song instead")
    arguments = parser.parse_args()
    if arguments.render:
        render(arguments.render)
    else:
        upload(arguments.songs, arguments.megabytes, arguments.kills)


if __name__ == "__main__":
    main()
