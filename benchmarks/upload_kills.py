"""Kill the program that uploads (-9) at random moments, with a clock that jumps.

    python benchmarks/upload_kills.py [--kills 300] [--seed 1] [--limit-s 1200]

biliup's own clients upload to the emulated site in worker processes. Each round queues two
submissions, kills the worker a random time after it began, sets its clock to a random offset (none,
-1 day, +1 hour, +1 month) and lets the next worker go on. In the end everything is worked off with
a right clock, and it is counted what was lost, what is there twice and what is stuck; what a person
had to say (a part that cost too much is sent again by hand) is counted apart.
"""

import argparse
import os
import random
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

HOUR_S = 3600.0
OFFSETS_S = (0.0, 0.0, -24 * HOUR_S, HOUR_S, 31 * 24 * HOUR_S)
RETRIES = {"look_pause_s": 0.1, "part_pause_s": 0.1}


def main() -> None:
    """Run the drill and print the counts."""
    from tests.servers.bilibili import HOSTS
    from tests.servers.certificates import make_authority
    from tests.services.forked_workers import ForkedWorkers
    from tests.services.publishing import make_world, proxy_environment, start_proxy

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit-s", type=float, default=1200.0)
    parser.add_argument("--latest-s", type=float, default=2.5, help="latest moment of a kill")
    given = parser.parse_args()
    chance = random.Random(given.seed)
    counts: Counter[str] = Counter()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="upload-kills-") as name:
        folder = Path(name)
        authority, proxy = make_authority(folder / "ca", HOSTS), start_proxy()
        os.environ.update(proxy_environment(proxy, authority))  # the workers inherit it
        workers = ForkedWorkers(folder)
        world = make_world(folder / "home", authority, proxy, workers)
        submissions = []
        while counts["kills"] < given.kills and time.monotonic() - began < given.limit_s:
            round_ = [world.submission(2, size=400_000), world.submission(1, size=400_000)]
            submissions += round_
            for _ in range(4):
                order = {
                    "home": str(world.home),
                    "submissions": [one.id for one in round_],
                    "ahead_s": chance.choice(OFFSETS_S),
                    "retries": RETRIES,
                }
                driver = workers.take(doomed=True)
                counts[f"clock {order['ahead_s'] / HOUR_S:+.0f} h"] += 1
                driver.send(order)
                time.sleep(chance.uniform(0.0, given.latest_s))
                driver.kill()
                counts["kills"] += 1
                for one in round_:
                    world.assert_record_is_true(one)
            counts["left open after kills"] += sum(
                world.get(one).state != "published" for one in round_
            )
            world.run(*round_, retries=RETRIES)
            for one in round_:
                if world.get(one).state in ("held", "failed"):
                    counts["a person had to say"] += 1
                    print(f"  {world.get(one).state}: {world.get(one).message[:120]}")
            world.until_published(round_)
            print(f"  {counts['kills']} kills, {time.monotonic() - began:.0f} s", flush=True)
        report(world, submissions, counts, time.monotonic() - began)
        workers.close()
        world.site.stop()
        world.catalogue.close()
        proxy.stop()


def report(world, submissions, counts, took_s) -> None:  # type: ignore[no-untyped-def]
    """Print what is true at the end."""
    holding = Counter(name for archive in world.site.archives for name in set(archive.filenames))
    published = [world.get(one) for one in submissions]
    lost = sum(
        one.state == "published"
        and one.remote_id not in {archive.bvid for archive in world.site.archives}
        for one in published
    )
    titles = Counter(archive.fields["title"] for archive in world.site.archives)
    with sqlite3.connect(world.settings.data_dir / "catalogue.db") as database:
        intact = database.execute("PRAGMA integrity_check").fetchone()[0]
        foreign = len(database.execute("PRAGMA foreign_key_check").fetchall())
    rows = {
        "kills": counts["kills"],
        "clocks": {name: n for name, n in counts.items() if name.startswith("clock")},
        "submissions": f"{len(published)}, {counts['left open after kills']} open after four kills",
        "lost": lost,
        "twice": sum(n > 1 for n in titles.values()) + sum(n > 1 for n in holding.values()),
        "stuck": sum(one.state != "published" for one in published),
        "a person had to say": counts["a person had to say"],
        "rules of the site broken": len(world.site.violations),
        "integrity check, foreign keys": f"{intact}, {foreign}",
        "took": f"{took_s:.0f} s",
    }
    for name, value in rows.items():
        print(f"{name:34} {value}")


if __name__ == "__main__":
    main()
