"""Cover art from the web, taken with care."""

import io
from pathlib import Path
from urllib.parse import urlsplit

import requests
from PIL import Image, UnidentifiedImageError

from utawaku.library.files import atomic_path

TIMEOUT_S = 10.0
MAX_BYTES = 5_000_000
MAX_SIDE = 3000


def fetch_cover(url: str, target: Path) -> bool:
    """Fetch a picture to `target` as JPEG; False where there is none to be had.

    A cover is an ornament: a site that fails, sends something else or too much of it costs the
    song nothing but its picture.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        return False
    try:
        with requests.get(url, timeout=TIMEOUT_S, stream=True) as response:
            response.raise_for_status()
            content = response.raw.read(MAX_BYTES + 1, decode_content=True)
        if len(content) > MAX_BYTES:
            return False
        with Image.open(io.BytesIO(content)) as picture:
            if max(picture.size) > MAX_SIDE:
                return False
            target.parent.mkdir(parents=True, exist_ok=True)
            with atomic_path(target) as temporary:
                picture.convert("RGB").save(temporary, "JPEG", quality=92)
    except (requests.RequestException, UnidentifiedImageError, OSError, ValueError):
        return False
    return True
