"""Tags of languages as sites and containers write them, compared."""


def same_language(wanted: str, tag: str) -> bool:
    """Return whether two tags name one language: `ja`, `jpn`, `ja-JP`; also `ger` and `deu`."""
    return bool(tag) and _long(wanted) == _long(tag)


_BIBLIOGRAPHIC = {
    "alb": "sqi", "arm": "hye", "baq": "eus", "bur": "mya", "chi": "zho", "cze": "ces",
    "dut": "nld", "fre": "fra", "geo": "kat", "ger": "deu", "gre": "ell", "ice": "isl",
    "mac": "mkd", "mao": "mri", "may": "msa", "per": "fas", "rum": "ron", "slo": "slk",
    "tib": "bod", "wel": "cym",
}  # fmt: skip
"""ISO 639-2 has two codes for these; Matroska and MP4 files carry either."""


def _long(tag: str) -> str:
    from yt_dlp.utils import ISO639Utils

    primary = tag.strip().lower().replace("_", "-").split("-")[0]
    long = ISO639Utils.short2long(primary) if len(primary) == 2 else None
    long = long or primary
    return _BIBLIOGRAPHIC.get(long, long)
