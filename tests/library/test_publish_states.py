"""The state machine, the budget, and submissions in the catalogue."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utawaku.library.catalogue import Catalogue
from utawaku.library.errors import NotFoundError
from utawaku.library.publish.quota import DAY_S, HOUR_S, Budget
from utawaku.library.publish.records import Part, Submission, UploadEvent
from utawaku.library.publish.states import STATES, TRANSITIONS, StateError, check_move


def draft(*songs: str, **changes: object) -> Submission:
    """A submission of two songs, which are `songs` where they are named."""
    first, second = songs or ("s0", "s1")
    facts: dict[str, object] = {
        "id": 0,
        "target": "bilibili",
        "account": "uta",
        "title": "[歌切] うた",
        "parts": (Part(0, first, "01 曲"), Part(1, second, "02 曲")),
        "tags": ("歌切", "歌枠"),
        "stream_id": "youtube-a",
    }
    return Submission(**{**facts, **changes})  # type: ignore[arg-type]


def test_every_state_can_be_reached_and_only_published_is_final() -> None:
    reached, front = {"draft"}, {"draft"}
    while front:
        front = {new for old in front for new in TRANSITIONS[old]} - reached  # type: ignore[index]
        reached |= front
    assert reached == set(STATES)
    assert [state for state in STATES if not TRANSITIONS[state]] == ["published"]


@given(st.sampled_from(STATES), st.sampled_from(STATES))
def test_only_steps_of_the_machine_are_allowed(old: str, new: str) -> None:
    if old == new or new in TRANSITIONS[old]:  # type: ignore[index]
        check_move(old, new)  # type: ignore[arg-type]
    else:
        with pytest.raises(StateError, match=old):
            check_move(old, new)  # type: ignore[arg-type]


def test_a_submission_is_kept_with_its_parts_and_read_back_the_same(catalogue: Catalogue) -> None:
    store = catalogue.submissions
    kept = store.add(draft(publish_at=1.8e9, description="a\nb", remote_number=2**40))
    assert kept.id > 0
    assert kept.tags == ("歌切", "歌枠")
    assert [part.title for part in kept.parts] == ["01 曲", "02 曲"]
    assert store.get(kept.id) == kept
    assert store.recent() == [kept]
    assert store.recent(state="published") == []


def test_the_catalogue_refuses_a_step_that_the_machine_has_not(catalogue: Catalogue) -> None:
    store = catalogue.submissions
    kept = store.add(draft())
    with pytest.raises(StateError):
        store.move(kept.id, "published")
    assert store.get(kept.id).state == "draft"
    with pytest.raises(NotFoundError):
        store.move(999, "queued")


def test_the_queue_gives_what_is_due_and_nothing_of_an_account_on_hold(
    catalogue: Catalogue,
) -> None:
    store, now = catalogue.submissions, time.time()
    first = store.add(draft())
    second = store.add(draft("s2", "s3", account="other"))
    later = store.add(draft("s4", "s5", account="other"))
    store.add(draft("s6", "s7"))
    for kept in (first, second, later):
        store.move(kept.id, "queued")
    store.change(later.id, not_before=now + 60)
    assert [s.id for s in store.due(now)] == [first.id, second.id]
    assert [s.id for s in store.due(now + 61, account="other")] == [second.id, later.id]
    store.hold("bilibili", "uta", "captcha", "solve it")
    assert [s.id for s in store.due(now)] == [second.id]
    assert [(h.account, h.code) for h in store.holds()] == [("uta", "captcha")]
    assert store.release("bilibili", "uta")
    assert not store.release("bilibili", "uta")
    assert [s.id for s in store.due(now)] == [first.id, second.id]


def test_releasing_queues_what_was_held_but_not_an_outcome_that_nobody_knows(
    catalogue: Catalogue,
) -> None:
    store = catalogue.submissions
    stopped, unknown = store.add(draft()), store.add(draft("s2", "s3"))
    for kept, code in ((stopped, "captcha"), (unknown, "unknown_outcome")):
        store.move(kept.id, "queued")
        store.move(kept.id, "held", hold_code=code)
    store.release("bilibili", "uta")
    assert store.get(stopped.id).state == "queued"
    assert store.get(unknown.id).state == "held"


def test_a_cut_short_submission_is_due_again(catalogue: Catalogue) -> None:
    store = catalogue.submissions
    kept = store.add(draft())
    store.move(kept.id, "queued")
    store.move(kept.id, "uploading")
    store.change_part(kept.id, 0, state="uploaded", remote_name="n1", uploaded_at=1.0)
    (due,) = store.due(time.time())
    assert due.state == "uploading"
    assert due.n_uploaded == 1
    assert due.parts[0].remote_name == "n1"


def test_shared_songs_and_the_submission_to_append_to_are_known(catalogue: Catalogue) -> None:
    store = catalogue.submissions
    kept = store.add(draft())
    assert store.shared_song_ids("bilibili") == {"s0", "s1"}
    assert store.shared_song_ids("folder") == set()
    assert store.published_of_stream("youtube-a", "bilibili", "uta") is None
    for state in ("queued", "uploading", "submitting"):
        store.move(kept.id, state)  # type: ignore[arg-type]
    store.move(kept.id, "published", remote_id="BV1")
    found = store.published_of_stream("youtube-a", "bilibili", "uta")
    assert found is not None
    assert found.remote_id == "BV1"
    store.add(draft(append_to="BV1", parts=(Part(0, "s2", "03"),)))
    assert store.n_parts_of("bilibili", "BV1") == 3


def test_a_draft_can_be_put_in_another_order_and_nothing_else_can(catalogue: Catalogue) -> None:
    store = catalogue.submissions
    kept = store.add(draft())
    turned = store.set_parts(kept.id, kept.parts[::-1])
    assert [(part.position, part.song_id) for part in turned.parts] == [(0, "s1"), (1, "s0")]
    store.move(kept.id, "queued")
    with pytest.raises(StateError):
        store.set_parts(kept.id, [])
    assert len(store.get(kept.id).parts) == 2


def test_what_was_published_cannot_be_deleted(catalogue: Catalogue) -> None:
    store = catalogue.submissions
    kept = store.add(draft())
    store.delete(kept.id)
    assert store.recent() == []
    kept = store.add(draft())
    store.move(kept.id, "queued")
    for state in ("uploading", "submitting", "published"):
        store.move(kept.id, state)
    with pytest.raises(StateError):
        store.delete(kept.id)


def events(*times: float, kind: str = "part", size: int = 0) -> list[UploadEvent]:
    return [UploadEvent(kind, at, size) for at in times]  # type: ignore[arg-type]


def test_the_hourly_budget_opens_when_the_oldest_leaves_the_window() -> None:
    budget = Budget(parts_per_hour=3, part_spacing_s=0)
    now = 10_000.0
    assert budget.part_allowed_at(events(now - 10, now - 5), now) <= now
    used = events(now - 3000, now - 10, now - 5)
    assert budget.part_allowed_at(used, now) == now - 3000 + HOUR_S


def test_parts_and_submits_are_counted_apart_and_spaced() -> None:
    budget = Budget(submit_spacing_s=90, part_spacing_s=5)
    now = 10_000.0
    used = events(now - 1) + events(now - 10, kind="submit")
    assert budget.part_allowed_at(used, now) == now + 4
    assert budget.submit_allowed_at(used, now) == now + 80


def test_the_daily_bytes_open_when_enough_of_them_are_a_day_old() -> None:
    budget = Budget(bytes_per_day=100, part_spacing_s=0)
    now = 200_000.0
    used = events(now - 1000, size=60) + events(now - 500, size=30)
    assert budget.part_allowed_at(used, now, 10) <= now
    assert budget.part_allowed_at(used, now, 50) == now - 1000 + DAY_S


@given(st.lists(st.integers(0, 3000), max_size=40))
def test_no_hour_ever_sees_more_than_its_budget(gaps: list[int]) -> None:
    budget = Budget(parts_per_hour=5, parts_per_day=30, part_spacing_s=2)
    now, sent = 0.0, list[float]()
    for gap in gaps:
        now += gap
        now = max(now, budget.part_allowed_at(events(*sent), now))
        sent.append(now)
    for at in sent:
        assert sum(at - HOUR_S < other <= at for other in sent) <= 5
        assert sum(at - DAY_S < other <= at for other in sent) <= 30
