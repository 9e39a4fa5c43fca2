"""What plays next."""

from utawaku.tui.player.queue import PlayQueue


def names(queue: PlayQueue) -> str:
    return "".join(entry.song_id for entry in queue.entries)


def filled(at: int = 0) -> PlayQueue:
    queue = PlayQueue()
    queue.replace("abcd", at)
    return queue


def test_next_and_previous_walk_and_end() -> None:
    queue = filled(2)
    assert queue.current is not None
    following = queue.after(queue.current.key)
    assert following is not None
    assert following.song_id == "d"
    assert queue.after(following.key) is None
    first = queue.entries[0]
    assert queue.before(first.key) is None


def test_repeat_all_goes_round_and_one_stays_unless_the_user_asks() -> None:
    queue = filled(3)
    key = queue.entries[3].key
    assert queue.cycle_repeat() == "all"
    assert queue.after(key) == queue.entries[0]
    assert queue.before(queue.entries[0].key) == queue.entries[3]
    assert queue.cycle_repeat() == "one"
    assert queue.after(key) == queue.entries[3]
    assert queue.after(key, by_user=True) == queue.entries[0]
    assert queue.cycle_repeat() == "off"


def test_additions_go_to_the_end_or_right_behind_what_plays() -> None:
    queue = filled(1)
    queue.add("x")
    queue.add("y", next_=True)
    assert names(queue) == "abycdx"


def test_shuffling_keeps_what_plays_and_can_be_taken_back() -> None:
    queue = PlayQueue()
    queue.replace([str(n) for n in range(100)], 42)
    queue.set_shuffled(True)
    assert queue.current is not None
    assert queue.current.song_id == "42"
    assert [e.song_id for e in queue.entries] != [str(n) for n in range(100)]
    queue.add(["new"])
    queue.set_shuffled(False)
    assert [e.song_id for e in queue.entries] == [*(str(n) for n in range(100)), "new"]
    assert queue.current.song_id == "42"


def test_turns_can_be_removed_and_moved_around_what_plays() -> None:
    queue = filled(2)
    queue.remove(queue.entries[0].key)
    assert queue.current is not None
    assert (names(queue), queue.current.song_id) == ("bcd", "c")
    queue.move(queue.entries[2].key, -2)
    assert (names(queue), queue.current.song_id) == ("dbc", "c")
    queue.move(12345, 1)
    queue.clear()
    assert names(queue) == "c"


def test_the_same_song_can_stand_in_the_queue_twice() -> None:
    queue = PlayQueue()
    queue.replace("aa")
    assert len({entry.key for entry in queue.entries}) == 2
