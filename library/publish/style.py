"""Templates of what a submission says. The settings import it, so it imports nothing of ours."""

from dataclasses import dataclass

PART_TITLES = {
    "numbered": "{number:02} {title} - {artist}",
    "quoted": "《{title}》 - {artist}",
}
"""Ready-made titles of parts: `quoted` is what players of song cuts read title and artist from."""


@dataclass(frozen=True, slots=True)
class Style:
    """Templates of a submission's texts."""

    title: str = "[歌切] {channel} {date} {stream_title}"
    part_title: str = PART_TITLES["numbered"]
    description: str = "{channel} {date}\n{stream_title}\n{source_url}\n\n{setlist}"
    setlist_line: str = "{time} {title} / {artist}"
    tags: tuple[str, ...] = ("歌切", "歌枠", "虚拟UP主", "翻唱")
    channel_tag: bool = True
    """Add the channel's name as a tag."""
    category: int = 31
    copyright: int = 2
    unknown_title: str = "未知曲目"
    unknown_artist: str = ""
