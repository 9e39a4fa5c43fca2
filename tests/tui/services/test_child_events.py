"""Children that report events."""

from utawaku.tui.services.child_events import error_of


def test_the_error_that_a_child_printed_is_told_with_its_next_step() -> None:
    said = ["warning", "error: uta: the code expired", "  -> Log in again"]
    error = error_of(said, 6)
    assert (error.problem, error.next_step) == ("uta: the code expired", "Log in again")
    assert "code 3" in error_of([], 3).problem
