"""The binary form of a Shazam signature: encode, decode, verify.

Layout (little endian, as ShazamAPI 0.0.2 writes it): a 48-byte header with a CRC-32 over everything
after its first eight bytes, then `0x40000000` and the content's size, then for every frequency band
that has peaks a tag, a length, the packed peaks and padding to four bytes. A peak is the frame
delta (u8), the magnitude (u16) and the frequency (u16); a delta of 255 or more is preceded by
`0xff` and the absolute frame (u32).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from utawaku.library.errors import SignatureError

URI_PREFIX = "data:audio/vnd.shazam.sig;base64,"
N_BANDS = 4
"""Bands of 250-520, 520-1450, 1450-3500 and 3500-5500 Hz."""

HZ_PER_BIN64 = 8000 / 65536
"""Frequency of one unit of `Peaks.bin64` at 16 kHz."""

_HEADER = struct.Struct("<12I")
_HEADER_BYTES = 48
_MAGIC_1 = 0xCAFE2580
_MAGIC_2 = 0x94119C00
_FIXED = (15 << 19) + 0x40000
_CONTENT_TAG = 0x40000000
_BAND_TAG = 0x60030040
_RATE_IDS = {8000: 1, 11025: 2, 16000: 3, 32000: 4, 44100: 5, 48000: 6}
_RATES = {identifier: rate for rate, identifier in _RATE_IDS.items()}
_PEAK = np.dtype([("delta", "u1"), ("magnitude", "<u2"), ("bin64", "<u2")])


@dataclass(frozen=True)
class Peaks:
    """Spectral peaks, ordered by frame and then by frequency; all arrays are int64, (n_peaks,)."""

    frame: NDArray[np.int64]
    """Frame number; a frame is 128 samples."""
    magnitude: NDArray[np.int64]
    """Logarithmic magnitude, 1477.3 per neper."""
    bin64: NDArray[np.int64]
    """Interpolated frequency in 64ths of an FFT bin."""
    band: NDArray[np.int64]
    """Frequency band, 0..3."""

    def __len__(self) -> int:
        return len(self.frame)

    def head(self, n_peaks: int) -> Peaks:
        """The first `n_peaks` of them."""
        keep = slice(0, n_peaks)
        return Peaks(self.frame[keep], self.magnitude[keep], self.bin64[keep], self.band[keep])


@dataclass(frozen=True)
class Signature:
    """A Shazam signature: the peaks of one excerpt and its length."""

    n_samples: int
    peaks: Peaks
    sample_rate_hz: int = 16_000

    @property
    def duration_s(self) -> float:
        """Length of the excerpt."""
        return self.n_samples / self.sample_rate_hz

    def to_bytes(self) -> bytes:
        """The binary message, byte for byte as ShazamAPI encodes it."""
        content = b"".join(self._band_chunk(band) for band in range(N_BANDS))
        tail = struct.pack("<II", _CONTENT_TAG, len(content) + 8) + content
        fields = [0] * 12
        fields[0] = _MAGIC_1
        fields[2] = len(tail)
        fields[3] = _MAGIC_2
        fields[7] = _RATE_IDS[self.sample_rate_hz] << 27
        fields[10] = int(self.n_samples + self.sample_rate_hz * 0.24)
        fields[11] = _FIXED
        body = _HEADER.pack(*fields)[8:] + tail
        return struct.pack("<II", _MAGIC_1, binascii.crc32(body)) + body

    def to_uri(self) -> str:
        """The message as the data URI that the protocol's JSON carries."""
        return URI_PREFIX + base64.b64encode(self.to_bytes()).decode("ascii")

    def digest(self) -> str:
        """SHA-256 of the message in hexadecimal: the key under which an answer is cached."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    def _band_chunk(self, band: int) -> bytes:
        here = self.peaks.band == band
        frame = self.peaks.frame[here]
        if len(frame) == 0:
            return b""
        delta = np.diff(frame, prepend=0)
        rows = np.empty(len(frame), dtype=_PEAK)
        far = np.flatnonzero(delta >= 255)
        rows["delta"] = np.where(delta >= 255, 0, delta)
        rows["magnitude"] = self.peaks.magnitude[here]
        rows["bin64"] = self.peaks.bin64[here]
        packed = rows.tobytes()
        if len(far):
            pieces, done = [], 0
            for index in far.tolist():
                pieces.append(packed[done : index * _PEAK.itemsize])
                pieces.append(b"\xff" + int(frame[index]).to_bytes(4, "little"))
                done = index * _PEAK.itemsize
            packed = b"".join([*pieces, packed[done:]])
        return (
            struct.pack("<II", _BAND_TAG + band, len(packed)) + packed + b"\0" * (-len(packed) % 4)
        )


def decode_signature(message: bytes) -> Signature:
    """Read a binary signature and check its magic numbers, sizes and checksum.

    Raises SignatureError when anything is not as the format says.
    """
    if len(message) < _HEADER_BYTES + 8:
        raise SignatureError(f"{len(message)} bytes are too few for a header")
    fields = _HEADER.unpack_from(message)
    if fields[0] != _MAGIC_1 or fields[3] != _MAGIC_2:
        raise SignatureError("wrong magic number")
    if fields[2] != len(message) - _HEADER_BYTES:
        raise SignatureError(f"size field says {fields[2]}, found {len(message) - _HEADER_BYTES}")
    if fields[1] != binascii.crc32(message[8:]):
        raise SignatureError("checksum does not match")
    if fields[7] & 0x07FFFFFF or fields[7] >> 27 not in _RATES:
        raise SignatureError(f"unknown sample rate field {fields[7]:#x}")
    sample_rate_hz = _RATES[fields[7] >> 27]
    if struct.unpack_from("<II", message, _HEADER_BYTES) != (_CONTENT_TAG, fields[2]):
        raise SignatureError("content tag or size is wrong")
    n_samples = int(fields[10] - sample_rate_hz * 0.24)
    return Signature(n_samples, _read_bands(message, _HEADER_BYTES + 8), sample_rate_hz)


def decode_uri(uri: str) -> Signature:
    """Read a signature from its data URI. Raises SignatureError."""
    if not uri.startswith(URI_PREFIX):
        raise SignatureError("not a signature URI")
    try:
        message = base64.b64decode(uri[len(URI_PREFIX) :], validate=True)
    except binascii.Error as error:
        raise SignatureError(f"not base64: {error}") from error
    return decode_signature(message)


def _read_bands(message: bytes, position: int) -> Peaks:
    rows: list[tuple[int, int, int, int]] = []
    last_band = -1
    while position < len(message):
        if position + 8 > len(message):
            raise SignatureError("ends inside a band header")
        tag, size = struct.unpack_from("<II", message, position)
        band = tag - _BAND_TAG
        if not last_band < band < N_BANDS:
            raise SignatureError(f"unexpected band tag {tag:#x}")
        last_band = band
        position += 8
        if position + size + (-size % 4) > len(message):
            raise SignatureError("ends inside a band")
        rows.extend(_read_peaks(message[position : position + size], band))
        position += size + (-size % 4)
    # Frame first, then frequency: the order in which the generator finds peaks.
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    table = table[np.lexsort((table[:, 2], table[:, 0]))]
    return Peaks(table[:, 0], table[:, 1], table[:, 2], table[:, 3])


def _read_peaks(chunk: bytes, band: int) -> list[tuple[int, int, int, int]]:
    rows = []
    frame = position = 0
    while position < len(chunk):
        if chunk[position] == 0xFF:
            if position + 5 > len(chunk):
                raise SignatureError("ends inside a frame number")
            frame = int.from_bytes(chunk[position + 1 : position + 5], "little")
            position += 5
            continue
        if position + 5 > len(chunk):
            raise SignatureError("ends inside a peak")
        delta, magnitude, bin64 = struct.unpack_from("<BHH", chunk, position)
        frame += delta
        rows.append((frame, magnitude, bin64, band))
        position += 5
    return rows
