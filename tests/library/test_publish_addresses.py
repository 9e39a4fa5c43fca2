"""Pages of published submissions."""

import pytest

from utawaku.library.publish.addresses import address_of
from utawaku.library.publish.records import Submission


@pytest.mark.parametrize(
    ("target", "remote_id", "address"),
    [
        ("bilibili", "BV1xx411c7mD", "https://www.bilibili.com/video/BV1xx411c7mD"),
        ("bilibili", "", ""),
        ("bilibili", "BV1/../../login?x=", ""),
        ("folder", "BV1xx411c7mD", ""),
        ("webdav", "evening", ""),
    ],
)
def test_a_submission_has_the_address_of_its_page(
    target: str, remote_id: str, address: str
) -> None:
    made = Submission(1, target, "me", "歌枠", (), remote_id=remote_id)
    assert address_of(made) == address
