"""Facts in the .nfo beside a recording, as Kodi reads them and archivers of channels write them.

Source: https://kodi.wiki/view/NFO_files. Other files of that ending are no XML, and tell nothing.
"""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from utawaku.library.text import clean_line, clean_text

_MAX_BYTES = 1024 * 1024
_ROOTS = frozenset({"movie", "musicvideo", "episodedetails", "video"})
_NAMES = {
    "title": ("title",),
    "channel": ("studio", "showtitle", "artist"),
    "upload_date": ("aired", "premiered", "releasedate"),
}
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)")


def facts_of_nfo(path: Path) -> dict[str, str]:
    """Return `title`, `channel`, `upload_date` (YYYYMMDD) and `description`; no empty values.

    Raises OSError.
    """
    with path.open("rb") as file:
        data = file.read(_MAX_BYTES)
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        return {}
    try:
        # Kodi allows an address behind the XML.
        root = ElementTree.fromstring(data[: data.rfind(b">") + 1])
    except ElementTree.ParseError:
        return {}
    if root.tag not in _ROOTS:
        return {}
    told = {
        key: clean_line(next((text for name in names if (text := root.findtext(name))), ""))
        for key, names in _NAMES.items()
    }
    day = _DAY.match(told["upload_date"])
    told["upload_date"] = "".join(day.groups()) if day else ""
    told["description"] = clean_text(root.findtext("plot") or "", keep_lines=True).strip()
    return {key: value for key, value in told.items() if value}
