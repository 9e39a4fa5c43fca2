"""Runs the upload queue in a process of its own, which a test may kill.

Reads one JSON order a line on stdin, answers one JSON line on stdout. The environment (proxy and
test authority) is set by the test before the process starts, so biliup's clients run unpatched.
"""

import contextlib
import json
import sys
import time
from pathlib import Path
from typing import Any

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import UtawakuError
from utawaku.library.publish.quota import UNLIMITED, Budget
from utawaku.services.publish.bilibili.accounts import Accounts
from utawaku.services.publish.bilibili.client import ChunkRetries
from utawaku.services.publish.bilibili.uploader import BilibiliUploader
from utawaku.services.publish.queue import Queue, RetryOptions

_true_time = time.time


def _set_the_clock(ahead_s: float) -> None:
    """Let this machine's clock be wrong, for this process."""
    time.time = lambda: _true_time() + ahead_s


def carry_out(order: dict[str, Any]) -> dict[str, Any]:
    home = Path(order["home"])
    settings = Settings(
        library_root=home / "library", data_dir=home / "data", cache_dir=home / "cache"
    )
    _set_the_clock(order.get("ahead_s", 0.0))
    accounts = Accounts(home / "accounts")
    catalogue = Catalogue.open(settings)
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        time.sleep(min(seconds, 0.02))

    try:
        queue = Queue(
            catalogue,
            BilibiliUploader(
                accounts,
                order.get("account", "uta"),
                lines=order.get("lines", ["bda2", "tx"]),
                retries=ChunkRetries(attempts=3, pause_s=0.01, timeout_s=5),
                n_existing_parts=lambda bvid: catalogue.submissions.n_parts_of(
                    "bilibili", bvid, published_only=True
                ),
            ),
            budget=Budget(**order["budget"]) if "budget" in order else UNLIMITED,
            retries=RetryOptions(**order.get("retries", {})),
            sleep=sleep,
        )
        states = {}
        for submission_id in order["submissions"]:
            states[submission_id] = queue.run(submission_id).state
        return {"states": states, "slept": slept}
    finally:
        catalogue.close()


def log_in(order: dict[str, Any]) -> dict[str, Any]:
    accounts = Accounts(Path(order["home"]) / "accounts")
    shown: list[str] = []
    name = order["name"]
    try:
        if order["do"] == "qr":
            state = accounts.log_in_by_qr(name, shown.append, timeout_s=order.get("timeout_s", 20))
        elif order["do"] == "file":
            state = accounts.log_in_by_file(name, Path(order["file"]))
        else:
            state = accounts.ensure_ready(name)
    except UtawakuError as error:
        return {"error": type(error).__name__, "message": str(error), "shown": shown}
    return {"mid": state.mid, "problem": state.problem, "shown": shown}


def main() -> None:
    screen = sys.stdout
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        # Whatever biliup prints must not get between the answers.
        with contextlib.redirect_stdout(sys.stderr):
            answer = log_in(order) if "do" in order else carry_out(order)
        print(json.dumps(answer), file=screen, flush=True)


if __name__ == "__main__":
    main()
