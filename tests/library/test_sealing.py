"""Secrets in the catalogue are read by those who have the key, and by nobody else."""

import pytest

from utawaku.library.errors import ConfigError
from utawaku.library.sealing import new_key, seal, unseal


def test_what_was_sealed_is_read_with_the_key_and_under_its_name_only() -> None:
    key, data = new_key(), "秘密 SESSDATA".encode()
    sealed = seal(data, key, "uta")
    assert data not in sealed
    assert seal(data, key, "uta") != sealed
    assert unseal(sealed, key, "uta") == data
    for other_key, name in ((new_key(), "uta"), (key, "another")):
        with pytest.raises(ConfigError, match=r"another cluster\.key"):
            unseal(sealed, other_key, name)


@pytest.mark.parametrize("place", [0, 12, -1])
def test_a_byte_that_was_changed_is_noticed(place: int) -> None:
    key = new_key()
    sealed = bytearray(seal(b"secret", key, "uta"))
    sealed[place] ^= 1
    with pytest.raises(ConfigError):
        unseal(bytes(sealed), key, "uta")


@pytest.mark.parametrize("sealed", [b"", b"short", b"x" * 28])
def test_what_was_never_sealed_is_refused(sealed: bytes) -> None:
    with pytest.raises(ConfigError):
        unseal(sealed, new_key(), "uta")


@pytest.mark.parametrize("key", ["", "a password", "鍵", "A" * 44])
def test_a_text_that_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(ConfigError, match="no key"):
        seal(b"secret", key, "uta")
