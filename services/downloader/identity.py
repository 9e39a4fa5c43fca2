"""The id of a stream: Dagster partition key, folder name and catalogue key in one.

Only `[A-Za-z0-9_-]` occurs, and two different streams never share an id, not even on a file system
that takes `A` for `a`: the ids of YouTube, Bilibili and others tell streams apart by letter case
only. So an id from a site ends, where needed, in one of two marks:

- `-c<hex>`: which letters are capitals, one bit a letter, the first letter in the highest bit
  (`youtube-dQw4w9WgXcQ-c2d`). Lower-cased name plus mask give the site's id back, so this cannot
  collide.
- `-h<24 hex>`: the first 96 bits of the SHA-256 of the site's own id, where characters had to be
  replaced, the id is too long, or it is unique only together with its address (a bare media URL).

An id that looks as if it carried a mark is marked too, so no unmarked id equals a marked one.
"""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from utawaku.library.errors import MediaError
from utawaku.media.hls import is_playlist_name, named_files
from utawaku.services.downloader.redaction import without_signature

FILE_PREFIX = "file"
_MAX_NAME = 64
_SAFE = re.compile(r"[A-Za-z0-9_-]+\Z")
_MARK = re.compile(r"-(c[0-9a-f]+|h[0-9a-f]{24})\Z")
_ADDRESS_BOUND = frozenset({"generic", "html5mediaembed"})
"""Extractors whose ids are cut out of the address and repeat across sites."""

_BLOCK_BYTES = 64 * 1024
_N_BLOCKS = 64
_WHOLE_BYTES = 16 * 1024 * 1024
_SEGMENT_BYTES = 4 * 1024


def stream_id_for_info(info: Mapping[str, Any]) -> str:
    """Return the stream id of a yt-dlp info dict or flat playlist entry.

    `extractor_key` (or `ie_key`) and `id` must be there; ValueError if not.
    """
    key = str(info.get("extractor_key") or info.get("ie_key") or "").lower()
    site_id = str(info.get("id") or "")
    if not key or not site_id:
        raise ValueError("a stream id needs an extractor key and an id")
    site = re.sub(r"[^a-z0-9]", "_", key)
    if site in _ADDRESS_BOUND:
        address = str(info.get("webpage_url") or info.get("original_url") or info.get("url") or "")
        name = site_id.split("?")[0]  # the rest is in the address, signatures and all
        return f"{site}-{_hashed(name, _address_key(address))}"
    return f"{site}-{_marked(site_id)}"


def _address_key(address: str) -> str:
    """Return what of an address tells streams apart: not the scheme, a signature or the
    fragment.
    """
    parts = urlsplit(without_signature(address))
    return f"{parts.netloc.lower()}{parts.path}?{parts.query}"


def _marked(site_id: str) -> str:
    if not _SAFE.match(site_id) or len(site_id) > _MAX_NAME:
        return _hashed(site_id)
    if site_id != site_id.lower() or _MARK.search(site_id):
        mask = 0
        for char in site_id:
            if char.isalpha():
                mask = mask << 1 | char.isupper()
        return f"{site_id}-c{mask:x}"
    return site_id


def _hashed(site_id: str, address: str = "") -> str:
    digest = hashlib.sha256(f"{address}\n{site_id}".encode("utf-8", "surrogatepass")).hexdigest()
    readable = re.sub(r"[^A-Za-z0-9]+", "_", site_id).strip("_")[:32]
    return f"{readable}-h{digest[:24]}" if readable else f"h{digest[:24]}"


def stream_id_for_file(path: str | Path) -> str:
    """Return `file-<16 hex>` for a media file, from its size and content alone.

    Renaming, moving or copying the file does not change it; changing its tags does. An HLS playlist
    is known by its text and its segments. Up to 16 MiB
    every byte counts; above that the size and 64 blocks of 64 KiB spread from the first byte to the
    last, so a file of any size takes milliseconds.

    Raises MediaError if the file cannot be read or is empty.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            n_bytes = file.seek(0, 2)
            if n_bytes == 0:
                raise MediaError(
                    "the file is empty", subject=str(path), next_step="Give a recording"
                )
            digest = hashlib.sha256(f"{n_bytes}\n".encode())
            if is_playlist_name(path.name):
                for segment in named_files(path) or ():
                    _add_segment(digest, segment)
            if n_bytes <= _WHOLE_BYTES:
                file.seek(0)
                digest.update(file.read())
            else:
                last = n_bytes - _BLOCK_BYTES
                for index in range(_N_BLOCKS):
                    file.seek(last * index // (_N_BLOCKS - 1))
                    digest.update(file.read(_BLOCK_BYTES))
    except OSError as error:
        raise MediaError(
            f"the file cannot be read ({error.strerror or error})",
            subject=str(path),
            next_step="Check that it exists and that you may read it",
        ) from error
    return f"{FILE_PREFIX}-{digest.hexdigest()[:16]}"


def _add_segment(digest: "hashlib._Hash", segment: Path) -> None:
    """Add a segment's size and beginning, if it is there: playlists of a length are all alike."""
    if segment.is_file():
        digest.update(f"{segment.stat().st_size}\n".encode())
        with segment.open("rb") as file:
            digest.update(file.read(_SEGMENT_BYTES))
