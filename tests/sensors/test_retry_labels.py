"""Names that were put off are asked for again when their time has come."""

import time

import dagster as dg

from utawaku.library.catalogue import Catalogue
from utawaku.library.records import Stream
from utawaku.library.requests import Label
from utawaku.orchestration.resources import make_resources
from utawaku.sensors.retry_labels import BATCH, retry_labels


def put_off(catalogue: Catalogue, stream_id: str, retry_at: float) -> None:
    catalogue.streams.save(Stream(stream_id, f"/{stream_id}.wav"))
    catalogue.assets.done(
        stream_id, "labels", engine="test", engine_version="1", metadata={"retry_at": retry_at}
    )


def tick() -> None:
    with dg.build_sensor_context(resources=make_resources()) as context:
        retry_labels(context)


def test_only_streams_whose_time_has_come_are_asked_about(catalogue: Catalogue) -> None:
    now = time.time()
    put_off(catalogue, "due", now - 60)
    put_off(catalogue, "later", now + 3600)
    put_off(catalogue, "named", 0.0)
    tick()
    tick()
    assert [one.target for one in catalogue.requests.waiting(Label)] == ["due"]


def test_one_tick_asks_about_so_many_streams_the_oldest_first(catalogue: Catalogue) -> None:
    now = time.time()
    for number in range(BATCH + 2):
        put_off(catalogue, f"file-{number}", now - 1000 + number)
    tick()
    asked = {one.target for one in catalogue.requests.waiting(Label)}
    assert asked == {f"file-{number}" for number in range(BATCH)}
