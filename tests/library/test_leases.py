"""Who is at work on what, and what becomes of it when they are gone."""

import dataclasses
import threading

import pytest

from tests.fixtures.leases import ELSEWHERE, other_process, put_lease
from utawaku.library.catalogue import Catalogue
from utawaku.library.errors import LeaseLostError
from utawaku.library.held_lease import HeldLease
from utawaku.library.place import Place, here
from utawaku.library.store.leases import (
    COMMAND,
    ENDED,
    EXPECTED,
    EXPECTED_WITHIN_S,
    RECEIVED,
    RECEIVED_WITHIN_S,
    RUN,
    SURE_S,
    UNSEEN_S,
    WORKER,
    Leases,
)

STAGE = Place("stage", "m2", "b2", "pid:[1]")


@pytest.fixture
def stage(catalogue: Catalogue) -> Leases:
    """The leases as another machine sees them."""
    return Leases(catalogue, catalogue.engine, STAGE)


def make_silent(catalogue: Catalogue, lease_id: str, *, suspected: bool = True) -> None:
    """Let a lease look as if its holder had been silent since long before."""
    (lease,) = [one for one in catalogue.leases.listed()[0] if one.id == lease_id]
    values = {name: value for name, value in dataclasses.asdict(lease).items() if name != "id"}
    now = catalogue.leases.listed()[1]
    values["suspected_at"] = now - SURE_S - 1 if suspected else None
    values["seen_at"] = now - UNSEEN_S - 1
    put_lease(catalogue, lease_id, **values)


def test_a_stream_is_one_process_s_until_it_gives_it_back(
    catalogue: Catalogue, stage: Leases
) -> None:
    assert stage.take("first", RUN)
    assert stage.claim_stream("first", "a") == "first"
    assert catalogue.leases.take("second", RUN)
    assert catalogue.leases.claim_stream("second", "a") is None
    assert catalogue.leases.claim_stream("second", "b") == "second"
    assert catalogue.leases.is_held("a")
    stage.release("first")
    assert not catalogue.leases.is_held("a")
    assert catalogue.leases.claim_stream("second", "a") == "second"


def test_within_a_process_a_stream_can_be_taken_again(catalogue: Catalogue) -> None:
    assert catalogue.leases.take("command", COMMAND)
    assert catalogue.leases.claim_stream("command", "a") == "command"
    assert catalogue.leases.take("run", RUN)
    assert catalogue.leases.claim_stream("run", "a") == "command"


def test_a_process_that_is_killed_here_is_gone_at_once(catalogue: Catalogue) -> None:
    with other_process(catalogue, "a") as process:
        assert catalogue.leases.end_gone() == []
        process.kill()
        process.wait()
        assert not catalogue.leases.is_held("a")
        assert [lease.id for lease in catalogue.leases.gone()] == ["another run"]
        (ended,) = catalogue.leases.end_gone()
        assert (ended.id, ended.stream_id) == ("another run", "a")
        # Its run is told again until it was closed: the one who ended it may have been killed.
        assert [lease.kind for lease in catalogue.leases.end_gone()] == [ENDED]
        catalogue.leases.forget(["another run"])
        assert catalogue.leases.listed()[0] == []


def test_one_elsewhere_is_gone_after_two_looks_without_a_sign(catalogue: Catalogue) -> None:
    put_lease(catalogue, "far", stream_id="a", unseen_s=UNSEEN_S - 5)
    assert catalogue.leases.end_gone() == []
    put_lease(catalogue, "far", stream_id="a", unseen_s=UNSEEN_S + 1)
    assert catalogue.leases.end_gone() == []  # the first look, which notes it
    ((suspect,), now) = catalogue.leases.listed()
    assert suspect.suspected_at == pytest.approx(now, abs=5)
    assert catalogue.leases.end_gone() == []
    make_silent(catalogue, "far")
    assert catalogue.leases.is_held("a")
    assert [lease.stream_id for lease in catalogue.leases.end_gone()] == ["a"]
    assert not catalogue.leases.is_held("a")


@pytest.mark.parametrize("unseen_s", [UNSEEN_S + 1, 3600.0, -3600.0])
def test_one_that_speaks_between_the_two_looks_stays(
    catalogue: Catalogue, stage: Leases, unseen_s: float
) -> None:
    assert stage.take("far", RUN)
    (lease,), _ = catalogue.leases.listed()
    values = {"host": lease.host, "place": lease.place, "process": lease.process}
    put_lease(catalogue, "far", unseen_s=unseen_s, **values)  # the server's clock jumped, or stood
    assert catalogue.leases.end_gone() == []
    assert stage.renew("far")
    make_silent(catalogue, "far", suspected=False)
    assert catalogue.leases.end_gone() == []
    assert catalogue.leases.listed()[0][0].suspected_at is not None


def test_a_stream_of_one_that_is_gone_is_taken_over(catalogue: Catalogue) -> None:
    put_lease(catalogue, "far", stream_id="a", unseen_s=UNSEEN_S + 1)
    assert catalogue.leases.take("near", RUN)
    assert catalogue.leases.claim_stream("near", "a") is None
    make_silent(catalogue, "far")
    assert catalogue.leases.claim_stream("near", "a") == "near"
    assert [lease.id for lease in catalogue.leases.end_gone()] == ["far"]  # its run is to be closed


def test_one_that_comes_back_late_cannot_file_anything(catalogue: Catalogue, stage: Leases) -> None:
    lost = threading.Event()
    held = HeldLease.take(catalogue, "late", RUN, on_lost=lost.set)
    assert held.claim_stream("a")
    catalogue.memories.keep("filed", 1)
    # What another machine sees of it after it slept.
    (lease,), now = catalogue.leases.listed()
    silent = {"seen_at": now - UNSEEN_S - 1, "suspected_at": now - SURE_S - 1, "stream_id": "a"}
    other = Catalogue(catalogue.engine)
    put_lease(other, "late", host=lease.host, place=lease.place, process=lease.process, **silent)
    assert [one.id for one in Leases(other, other.engine, STAGE).end_gone()] == ["late"]
    with pytest.raises(LeaseLostError, match="given to another"):
        catalogue.memories.keep("filed", 2)
    assert lost.is_set()
    held.release()
    assert catalogue.memories.recall("filed", 0) == 1
    assert not catalogue.leases.renew("late")


def test_what_a_command_holds_is_looked_for_in_changes_of_its_run(catalogue: Catalogue) -> None:
    assert catalogue.leases.take("command", COMMAND)
    assert catalogue.leases.claim_stream("command", "a") == "command"
    other = Catalogue(catalogue.engine)
    run = HeldLease.take(other, "run", RUN)
    assert run.claim_stream("a")
    catalogue.leases.release("command")
    with pytest.raises(LeaseLostError):
        other.memories.keep("filed", 1)
    run.release()


def test_a_run_that_a_worker_received_is_taken_by_its_own_child_only(
    catalogue: Catalogue, stage: Leases
) -> None:
    place = {"host": here().host, "place": here().key, "process": "1-1.worker"}
    put_lease(catalogue, "run", kind=RECEIVED, **place)
    assert not stage.take("run", RUN)
    assert catalogue.leases.take("run", RUN)
    assert not stage.take("run", RUN)  # a message that was delivered twice
    put_lease(catalogue, "closed", kind=ENDED, host="", place="", process="")
    assert not catalogue.leases.take("closed", RUN)


def test_a_run_that_takes_no_lease_in_time_is_gone(catalogue: Catalogue) -> None:
    catalogue.leases.expect(["run", "other"])
    catalogue.leases.expect(["run"])
    assert catalogue.leases.take("other", RUN)
    assert catalogue.leases.end_gone() == []
    none = {"kind": "expected", "host": "", "place": "", "process": ""}
    put_lease(catalogue, "run", unseen_s=EXPECTED_WITHIN_S + 1, **none)
    assert [lease.id for lease in catalogue.leases.end_gone()] == ["run"]


def test_what_ran_before_the_machine_started_again_is_gone_at_once() -> None:
    now = Place("stage", "m", "second", "pid:[1]")
    assert now.knows_gone("stage", "m/first/pid:[9]", "1-1.a")
    for host, key in (("other", "m/first/pid:[1]"), ("stage", "m2/first/x"), ("stage", "/first/x")):
        assert now.knows_gone(host, key, "1-1.a") is None
    assert now.knows_gone("stage", "m/second/pid:[2]", "1-1.a") is None  # another container


def test_what_ended_workers_held_is_handed_back_for_all_to_see(
    catalogue: Catalogue, stage: Leases
) -> None:
    with other_process(catalogue, "a") as process:
        assert catalogue.leases.hand_back([RUN]) == 0
        process.kill()
        process.wait()
        assert catalogue.leases.hand_back([RUN]) == 1
        assert [lease.stream_id for lease in stage.end_gone()] == ["a"]


def test_a_run_that_was_handed_to_a_worker_is_given_up_sooner_than_one_that_begins(
    catalogue: Catalogue,
) -> None:
    nobody = {"kind": EXPECTED, "host": "", "place": "", "process": ""}
    catalogue.leases.expect(["handed out"], RECEIVED_WITHIN_S)
    catalogue.leases.expect(["begun"])
    for lease in catalogue.leases.listed()[0]:
        unseen_s = RECEIVED_WITHIN_S + 1
        put_lease(catalogue, lease.id, unseen_s=unseen_s, facts=lease.facts, **nobody)
    assert [lease.id for lease in catalogue.leases.gone()] == ["handed out"]
    assert [lease.id for lease in catalogue.leases.end_gone()] == ["handed out"]


def test_a_service_is_listed_for_a_day_after_its_last_sign(catalogue: Catalogue) -> None:
    put_lease(catalogue, "recent", kind=WORKER, unseen_s=3600)
    put_lease(catalogue, "old", kind=WORKER, unseen_s=90_000)
    assert catalogue.leases.end_gone() == []
    rows, now = catalogue.leases.listed()
    assert [(row.id, catalogue.leases.is_stale(row, now)) for row in rows] == [("recent", True)]


def test_a_sign_of_life_waits_for_no_other_writer_on_a_server(catalogue: Catalogue) -> None:
    assert catalogue.leases.take("run", RUN)
    if catalogue.engine.dialect.name == "sqlite":
        assert catalogue.leases.renew("run")
        return
    with catalogue.write():
        assert catalogue.leases.renew("run")


def test_one_elsewhere_is_no_process_here() -> None:
    assert here().knows_gone(ELSEWHERE["host"], ELSEWHERE["place"], ELSEWHERE["process"]) is None
