"""`utawaku doctor` on a cluster: servers, the shared folder, and who is at work."""

import json
import socket
from dataclasses import replace

import pytest
import sqlalchemy as sa

from tests import postgres
from tests.commands.conftest import CommandLine
from tests.commands.test_doctor import findings
from tests.conftest import Program
from tests.fixtures.redis_server import PASSWORD
from tests.fixtures.redis_server import redis_url as redis_url
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.schema import leases
from utawaku.library.store.leases import UNSEEN_S, UP, WORKER, Leases
from utawaku.orchestration.cluster_folder import FILE, mark_folder

SILENT_S = 600.0


def closed_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def machine(catalogue: Catalogue, name: str, kind: str) -> str:
    """A service on another machine, seen just now; returns its lease's id."""
    place = replace(catalogue.leases.place, host=name, boot=name)
    Leases(catalogue, catalogue.engine, place).take(f"{kind}-{name}", kind)
    return f"{kind}-{name}"


def silence(catalogue: Catalogue, lease_id: str) -> None:
    """Let a service be silent for long, suspected by a look before."""
    with catalogue.write() as connection:
        row = leases.c.id == lease_id
        ago = {"seen_at": leases.c.seen_at - SILENT_S, "suspected_at": leases.c.seen_at - UNSEEN_S}
        connection.execute(sa.update(leases).where(row).values(ago))


def test_what_a_healthy_cluster_has_is_told(
    command_line: CommandLine,
    settings: Settings,
    catalogue: Catalogue,
    redis_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("UTAWAKU_CLUSTER__REDIS_URL", redis_url)
    mark_folder(catalogue, settings)
    machine(catalogue, "one", UP)
    machine(catalogue, "two", WORKER)
    found = findings(command_line, 0)
    assert found["redis"]["message"].startswith("Redis ")
    assert found["library"]["level"] == "ok"
    assert found["pipeline"]["message"] == "running on one"
    assert "workers" not in found
    shown = command_line.run("doctor").stdout
    assert "two: worker" in shown
    assert PASSWORD not in shown


def test_a_silent_machine_and_a_missing_worker_are_named(
    command_line: CommandLine,
    settings: Settings,
    catalogue: Catalogue,
    redis_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("UTAWAKU_CLUSTER__REDIS_URL", redis_url.replace(PASSWORD, "wr0ng-pa55"))
    mark_folder(catalogue, settings)
    silence(catalogue, machine(catalogue, "two", WORKER))
    (settings.library_root / FILE).unlink()  # as where the folder is not mounted
    found = findings(command_line, 1)
    assert found["host"]["level"] == "warning"
    assert "two is stale: worker" in found["host"]["message"]
    assert "utawaku worker" in found["workers"]["next_step"]
    assert "not running on any machine" in found["pipeline"]["message"]
    assert found["library"]["level"] == "error"
    assert str(settings.library_root) in found["library"]["message"]
    assert "Mount" in found["library"]["next_step"]
    assert "refuses the log-in" in found["redis"]["message"]
    assert "password" in found["redis"]["next_step"]
    shown = command_line.run("doctor").stdout
    assert "wr0ng-pa55" not in shown


def test_servers_that_do_not_answer_are_told_without_passwords(
    command_line: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    redis, postgres = closed_port(), closed_port()
    monkeypatch.setenv("UTAWAKU_CLUSTER__REDIS_URL", f"redis://:s3cr3t@127.0.0.1:{redis}/0")
    monkeypatch.setenv(
        "UTAWAKU_CATALOGUE_URL", f"postgresql://uta:s3cr3t@127.0.0.1:{postgres}/songs"
    )
    found = findings(command_line, 1)
    for name in ("redis", "catalogue"):
        assert found[name]["level"] == "error"
        assert "cannot be reached" in found[name]["message"]
        assert found[name]["next_step"]
    assert str(redis) in found["redis"]["message"]
    assert str(postgres) in found["catalogue"]["message"]
    shown = command_line.run("doctor")
    assert "s3cr3t" not in shown.stdout + shown.stderr


@pytest.mark.postgres
@pytest.mark.skipif(not postgres.SERVER, reason=postgres.NO_SERVER)
def test_a_new_cluster_is_healthy(program: Program, catalogue: Catalogue, redis_url: str) -> None:
    made = program.run("cluster", "init", "--redis", redis_url)
    assert made.returncode == 0, made.stderr
    done = program.run("doctor", "--json")
    assert done.returncode == 0, done.stderr
    found = {one["name"]: one["level"] for one in json.loads(done.stdout)}
    assert [found[name] for name in ("postgresql", "redis", "library", "dagster")] == ["ok"] * 4
    assert PASSWORD not in done.stdout + done.stderr
