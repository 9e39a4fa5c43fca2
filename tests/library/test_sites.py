"""Addresses as people copy them."""

import pytest

from utawaku.library.sites import list_address

TWITCH = "https://www.twitch.tv/singer/videos?filter=archives&sort=time"
SPACE = "https://space.bilibili.com/42/video"
LISTED = {
    "https://www.youtube.com/feeds/videos.xml?channel_id=UCa-b_c": (
        "https://www.youtube.com/channel/UCa-b_c"
    ),
    "https://www.youtube.com/feeds/videos.xml?playlist_id=PLab": (
        "https://www.youtube.com/playlist?list=PLab"
    ),
    "https://www.youtube.com/@歌手/live": "https://www.youtube.com/@歌手",
    "https://m.youtube.com/channel/UCab/community?x=1": "https://www.youtube.com/channel/UCab",
    "https://www.twitch.tv/singer": TWITCH,
    "https://m.twitch.tv/singer/": TWITCH,
    "https://www.twitch.tv/singer/schedule?x=1": TWITCH,
    "https://m.bilibili.com/space/42?spm=1": SPACE,
    "https://space.bilibili.com/42/dynamic": SPACE,
    "https://twitcasting.tv/c:singer/": "https://twitcasting.tv/c:singer/show",
    "https://ja.twitcasting.tv/singer": "https://twitcasting.tv/singer/show",
    "https://ch.nicovideo.jp/singer": "https://ch.nicovideo.jp/singer/video",
    "https://kick.com/singer": "https://kick.com/singer/videos",
}


@pytest.mark.parametrize("page", LISTED)
def test_the_page_of_a_singer_stands_for_the_list_of_recordings(page: str) -> None:
    assert list_address(page) == LISTED[page]
    assert list_address(LISTED[page]) == LISTED[page]


@pytest.mark.parametrize(
    "page",
    [
        "https://www.youtube.com/@singer/streams",
        "https://www.youtube.com/@singer",
        "https://www.youtube.com/watch?v=aB3-_f5g7H9&list=PLab",
        "https://www.twitch.tv/singer/videos?filter=highlights",
        "https://www.twitch.tv/videos/123456789",
        "https://space.bilibili.com/42/lists/57?type=season",
        "https://space.bilibili.com/42",
        "https://live.bilibili.com/42",
        "https://twitcasting.tv/singer/movie/1",
        "https://pod.example.org/feed.xml",
        "evening.mkv",
    ],
)
def test_every_other_address_stays_as_it_is(page: str) -> None:
    assert list_address(page) == page
