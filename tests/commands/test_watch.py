"""`utawaku watch`: changes that another process makes, one object a line."""

import json
import threading
import time

from benchmarks.fake_catalogue import fill
from tests.commands.conftest import CommandLine
from tests.conftest import Program
from tests.json_output import check_json
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.requests import Retag


def test_each_change_of_another_program_is_a_line(program: Program) -> None:
    program.run("songs")  # makes the catalogue
    process = program.start("watch", "--json", "--every", "0.1", "--count", "1", "--only", "notice")
    watching = threading.Thread(target=process.wait)
    watching.start()
    url = f"sqlite:///{program.home / 'data' / 'catalogue.db'}"
    catalogue = Catalogue.open_url(url)
    deadline = time.monotonic() + 60
    number = 0
    while watching.is_alive() and time.monotonic() < deadline:
        catalogue.notices.add("info", f"notice {number}")
        number += 1
        watching.join(0.5)
    catalogue.close()
    assert process.returncode == 0
    assert process.stdout is not None
    printed = process.stdout.read()
    event = json.loads(printed)
    assert event["event"] == "notice"
    assert event["notice"]["title"].startswith("notice ")
    check_json(["watch"], printed)
    process.stdout.close()


def test_people_read_a_line_and_a_wrong_event_is_named(
    command_line: CommandLine, settings: Settings
) -> None:
    catalogue = Catalogue.open(settings)

    def change() -> None:
        time.sleep(0.5)
        fill(catalogue, 3)
        catalogue.requests.file(Retag(song_id="a@1"), by="test")

    changing = threading.Thread(target=change)
    changing.start()
    answer = command_line.run("watch", "--every", "0.05", "--only", "request", "--count", "1")
    changing.join()
    catalogue.close()
    assert answer.stdout.startswith("retag  a@1")
    assert command_line.run("watch", "--only", "weather").exit_code == 2
