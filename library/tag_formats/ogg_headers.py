"""Saving the comments of an Ogg file in one pass over it.

mutagen replaces page by page in place, and moves the rest of the file for each page that goes: a
smaller picture cost two hundred copies of the file. Here mutagen changes the header pages in
memory, and the sound follows page by page.
"""

import io
from pathlib import Path
from typing import Any, BinaryIO

import mutagen
from mutagen.ogg import OggPage
from mutagen.oggopus import OggOpus

_COPY_BYTES = 1 << 20


def save_ogg(file: Any, source: Path, target: Path) -> None:
    """Write `source` with the comments of `file` (an open OggOpus or OggVorbis) into `target`.

    Raises:
        mutagen.MutagenError: the pages of `source` cannot be read.
    """
    serial = file.info.serial
    n_packets = 2 if isinstance(file, OggOpus) else 3
    with source.open("rb") as old:
        head, n_old = _header_pages(old, serial, n_packets)
        changed = io.BytesIO(head)
        file.save(changed)
        changed.seek(0)
        _, n_new = _header_pages(changed, serial, n_packets)
        with target.open("wb") as new:
            new.write(changed.getvalue())
            if n_new == n_old:
                while block := old.read(_COPY_BYTES):
                    new.write(block)
            else:
                _renumber(old, new, serial, n_new - n_old)


def _header_pages(file: BinaryIO, serial: int, n_packets: int) -> tuple[bytes, int]:
    """Return the bytes up to the end of the header packets, and how many of the pages are ours.

    Leaves `file` behind them. Sound begins on a page of its own (RFC 7845, 3; Vorbis I, A.2).
    """
    n_done = n_pages = 0
    while n_done < n_packets:
        page = OggPage(file)
        if page.serial == serial:
            n_pages += 1
            n_done += len(page.packets) - (not page.complete)
    end = file.tell()
    file.seek(0)
    return file.read(end), n_pages


def _renumber(old: BinaryIO, new: BinaryIO, serial: int, by: int) -> None:
    """Copy the remaining pages; those of stream `serial` get sequence numbers `by` higher.

    A file that breaks off within a page, or has other bytes between pages, keeps them.
    """
    while True:
        start = old.tell()
        try:
            page = OggPage(old)
        except (EOFError, mutagen.MutagenError):
            break
        if page.serial == serial:
            page.sequence = (page.sequence + by) % (1 << 32)
        new.write(page.write())
    old.seek(start)
    while block := old.read(_COPY_BYTES):
        new.write(block)
