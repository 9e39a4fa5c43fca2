"""Where viewers wrote most is where a song moved them; claps, spam and greetings do not count."""

import numpy as np
import pytest

from utawaku.models.chat import ChatMessage
from utawaku.models.highlight import best_window, from_chat, with_model
from utawaku.models.highlight.crowd import LAG_S, WEIGHT
from utawaku.models.setlist import titles_in_chat

START_S, STOP_S = 1000.0, 1240.0


def written(at_s: list[float], text: str = "うまい", *, author: str = "v") -> list[ChatMessage]:
    return [
        ChatMessage(START_S + LAG_S + at, f"{author}{number}", text)
        for number, at in enumerate(at_s)
    ]


CHATTER = written([20 + 8 * number for number in range(24)], author="chatter")
MOVED = written([150 + number / 4 for number in range(40)])


def test_the_curve_peaks_where_most_viewers_wrote() -> None:
    curve = from_chat([*CHATTER, *MOVED], START_S, STOP_S)
    assert curve is not None
    assert (curve.dtype, len(curve)) == (np.float32, 240)
    assert 148 <= int(np.argmax(curve)) <= 162
    start_s, stop_s = best_window(curve, STOP_S - START_S)
    assert start_s <= 150
    assert stop_s >= 160


@pytest.mark.parametrize(
    "chat",
    [
        [],
        CHATTER,
        CHATTER + written([150 + n / 4 for n in range(40)], "8888888"),
        CHATTER + written([236 + n / 20 for n in range(60)], "最高"),
        CHATTER + written([n / 20 for n in range(60)], "夜明けの歌"),
        CHATTER + [ChatMessage(START_S + 156 + n / 9, "one viewer", f"w{n}") for n in range(90)],
        MOVED[:10],
        [ChatMessage(STOP_S + LAG_S + n, f"v{n}", "うまい") for n in range(60)],
    ],
    ids=["nothing", "chatter", "applause", "the end", "titles", "a spammer", "few", "elsewhere"],
)
def test_what_does_not_tell_of_a_moment_gives_no_curve(chat: list[ChatMessage]) -> None:
    assert from_chat(chat, START_S, STOP_S) is None


def test_a_form_without_authors_counts_every_message() -> None:
    nameless = [ChatMessage(one.offset_s, "", one.text) for one in [*CHATTER, *MOVED]]
    assert from_chat(nameless, START_S, STOP_S) is not None


def test_the_model_has_more_say_than_the_viewers() -> None:
    crowd, model = np.zeros(60, np.float32), np.zeros(60, np.float32)
    crowd[10:20], model[15:25] = 1.0, 1.0
    mixed = with_model(crowd, model)
    assert mixed[15:20].tolist() == [1.0] * 5
    assert (mixed[10], mixed[24]) == pytest.approx((WEIGHT, 1 - WEIGHT))
    assert WEIGHT < 0.5


def test_a_crowd_alone_names_nothing() -> None:
    assert titles_in_chat(MOVED) == []
