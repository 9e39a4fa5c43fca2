"""Reading TensorFlow checkpoints (the V2 "tensor bundle") with numpy alone.

A checkpoint is an index file and data shards. The index is a sorted string table in LevelDB's
format: blocks of key/value pairs with shared key prefixes, whose values are protocol buffers
(`tensorflow/core/protobuf/tensor_bundle.proto`). TensorFlow writes that table uncompressed. The
shards hold the tensors' bytes, row-major, at the offsets that the index names.

Checksums of the format are not verified: the registry holds the whole file to its sha256.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from utawaku.library.errors import WeightsCorruptError

_FOOTER_BYTES = 48
_MAGIC = bytes.fromhex("57fb808b247547db")
_BLOCK_TRAILER_BYTES = 5
_LITTLE_ENDIAN = 0
_DTYPES: dict[int, str] = {
    1: "<f4",
    2: "<f8",
    3: "<i4",
    4: "u1",
    5: "<i2",
    6: "i1",
    9: "<i8",
    10: "?",
    19: "<f2",
    22: "<u4",
    23: "<u8",
}
"""`tensorflow.DataType` numbers; what numpy has no type for (bfloat16, strings) is left out."""

_Fields = Mapping[int, list[int | bytes]]


@dataclass(frozen=True)
class _Entry:
    """The place of one tensor."""

    dtype: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    n_bytes: int
    sliced: bool


def read_checkpoint(index: bytes, shards: Sequence[bytes]) -> dict[str, np.ndarray]:
    """All numeric tensors of a checkpoint by variable name.

    Args:
        index: contents of the `.index` file.
        shards: contents of the `.data-NNNNN-of-NNNNN` files, in order.

    Returns:
        Read-only arrays of the stored shape and dtype over the shards' memory.
        String variables are left out.

    Raises:
        WeightsCorruptError: not a checkpoint, damaged, or of a kind that TensorFlow's savers for
            single machines do not write (partitioned variables, big endian).
    """
    try:
        table = dict(_table(index))
        header = _fields(table.pop(b""))
        n_shards, endianness = _number(header, 1), _number(header, 2)
        if endianness != _LITTLE_ENDIAN:
            raise ValueError("big endian")
        if n_shards != len(shards):
            raise ValueError(f"{n_shards} data shards are named, {len(shards)} are here")
        return {
            key.decode(): _tensor(entry, shards)
            for key, entry in ((key, _entry(value)) for key, value in table.items())
            if entry.dtype in _DTYPES
        }
    except (ValueError, IndexError, KeyError, UnicodeDecodeError) as error:
        raise WeightsCorruptError(f"the TensorFlow checkpoint cannot be read ({error})") from error


def open_checkpoint(prefix: Path) -> dict[str, np.ndarray]:
    """The checkpoint at `prefix` (`prefix.index`, `prefix.data-00000-of-00001`, ...).

    Arrays have their stored shape and dtype.

    Raises:
        WeightsCorruptError: see `read_checkpoint`; also when a file is not there.
    """
    shards = sorted(prefix.parent.glob(f"{prefix.name}.data-*-of-*"))
    try:
        index = prefix.with_name(f"{prefix.name}.index").read_bytes()
        return read_checkpoint(index, [shard.read_bytes() for shard in shards])
    except OSError as error:
        raise WeightsCorruptError(str(error), subject=str(prefix)) from error
    except WeightsCorruptError as error:
        raise WeightsCorruptError(error.problem, subject=str(prefix)) from error


def _tensor(entry: _Entry, shards: Sequence[bytes]) -> np.ndarray:
    if entry.sliced:
        raise ValueError("a variable is partitioned")
    dtype = np.dtype(_DTYPES[entry.dtype])
    n_values = int(np.prod(entry.shape, dtype=np.int64))
    if n_values * dtype.itemsize != entry.n_bytes:
        raise ValueError("a tensor's shape and size disagree")
    data = memoryview(shards[entry.shard])[entry.offset : entry.offset + entry.n_bytes]
    if len(data) != entry.n_bytes:
        raise ValueError("a data shard is cut short")
    return np.frombuffer(data, dtype).reshape(entry.shape)


def _entry(value: bytes) -> _Entry:
    fields = _fields(value)
    dimensions = _fields(_bytes(fields, 2)).get(2, []) if 2 in fields else []
    return _Entry(
        dtype=_number(fields, 1),
        shape=tuple(_number(_fields(d), 1) for d in dimensions if isinstance(d, bytes)),
        shard=_number(fields, 3),
        offset=_number(fields, 4),
        n_bytes=_number(fields, 5),
        sliced=7 in fields,
    )


def _table(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of a LevelDB table, in order."""
    if len(data) < _FOOTER_BYTES or not data.endswith(_MAGIC):
        raise ValueError("not an index file")
    footer = data[-_FOOTER_BYTES:]
    # The handle of the meta index, which nobody uses, comes first.
    _, at = _varint(footer, 0)
    _, at = _varint(footer, at)
    start, length = _handle(footer, at)
    for _, handle in _block(data, start, length):
        yield from _block(data, *_handle(handle, 0))


def _handle(data: bytes, at: int) -> tuple[int, int]:
    start, at = _varint(data, at)
    length, _ = _varint(data, at)
    return start, length


def _block(data: bytes, start: int, length: int) -> Iterator[tuple[bytes, bytes]]:
    block = data[start : start + length]
    if len(data) < start + length + _BLOCK_TRAILER_BYTES or length < 4:
        raise ValueError("the index is cut short")
    if data[start + length] != 0:
        raise ValueError("the index is compressed")
    n_restarts = int.from_bytes(block[-4:], "little")
    stop = length - 4 * (n_restarts + 1)
    at = 0
    key = b""
    while at < stop:
        n_shared, at = _varint(block, at)
        n_own, at = _varint(block, at)
        n_value, at = _varint(block, at)
        key = key[:n_shared] + block[at : at + n_own]
        at += n_own
        yield key, block[at : at + n_value]
        at += n_value


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A variable-length number and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("a number is too long")


def _fields(message: bytes) -> _Fields:
    """Values of a protocol buffer by field number."""
    found: dict[int, list[int | bytes]] = {}
    at = 0
    value: int | bytes
    while at < len(message):
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == 0:
            value, at = _varint(message, at)
        elif kind == 2:
            length, at = _varint(message, at)
            value, at = message[at : at + length], at + length
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
            value, at = message[at : at + length], at + length
        else:
            raise ValueError(f"field of unknown kind {kind}")
        found.setdefault(tag >> 3, []).append(value)
    return found


def _number(fields: _Fields, number: int) -> int:
    value = fields.get(number, [0])[-1]
    if not isinstance(value, int):
        raise ValueError(f"field {number} is not a number")
    return value


def _bytes(fields: _Fields, number: int) -> bytes:
    value = fields[number][-1]
    if not isinstance(value, bytes):
        raise ValueError(f"field {number} is not a message")
    return value
