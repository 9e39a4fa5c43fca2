"""Checkpoints as TensorFlow lays them out, made without it: an index and shards of data.

Their checksums are zero: the reader leaves those to the registry, which knows the whole file's.
"""

from collections.abc import Mapping

import numpy as np

from utawaku.models.registry.tf_checkpoint import _MAGIC

_FLOAT = 1
_BLOCK_ENTRIES = 16


def bundle(tensors: Mapping[str, np.ndarray]) -> tuple[bytes, bytes]:
    """Contents of `.index` and of `.data-00000-of-00001` for float32 tensors."""
    index, (data,) = sharded_bundle(tensors, 1)
    return index, data


def sharded_bundle(tensors: Mapping[str, np.ndarray], n_shards: int) -> tuple[bytes, list[bytes]]:
    """Contents of `.index` and of each shard of data for float32 tensors, dealt out in turn.

    As the saver does it, keys are sorted and share prefixes, and each block holds a few of them.
    """
    shards = [b""] * n_shards
    rows = [(b"", _message(_number(1, n_shards)))]
    for number, name in enumerate(sorted(tensors)):
        shard = number % n_shards
        values = np.ascontiguousarray(tensors[name])
        shape = b"".join(_bytes(2, _number(1, length)) for length in values.shape)
        place = [_number(4, len(shards[shard])), _number(5, values.nbytes)]
        fields = [_number(1, _FLOAT), _bytes(2, shape), _number(3, shard), *place]
        rows.append((name.encode(), _message(*fields, b"\x35\0\0\0\0")))
        shards[shard] += values.tobytes()
    file, handles = b"", []
    for first in range(0, len(rows), _BLOCK_ENTRIES):
        block = _block(rows[first : first + _BLOCK_ENTRIES])
        handles.append((rows[first : first + _BLOCK_ENTRIES][-1][0], _handle(file, block)))
        file += block + bytes(5)
    meta = _block([])
    meta_handle = _handle(file, meta)
    file += meta + bytes(5)
    index = _block(handles)
    footer = (meta_handle + _handle(file, index)).ljust(40, b"\0")
    return file + index + bytes(5) + footer + _MAGIC, shards


def _block(rows: list[tuple[bytes, bytes]]) -> bytes:
    block, before = b"", b""
    for key, value in rows:
        n = next((i for i, pair in enumerate(zip(key, before, strict=False)) if len({*pair}) > 1),
                 min(len(key), len(before)))  # fmt: skip
        block += _varint(n) + _varint(len(key) - n) + _varint(len(value)) + key[n:] + value
        before = key
    return block + bytes(4) + (1).to_bytes(4, "little")


def _handle(file: bytes, block: bytes) -> bytes:
    return _varint(len(file)) + _varint(len(block))


def _message(*fields: bytes) -> bytes:
    return b"".join(fields)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])
