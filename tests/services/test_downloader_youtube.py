"""Fetching from YouTube: its real extractor in yt-dlp against an emulated site."""

import json
from pathlib import Path

import av
import pytest

from tests.servers.media_site import Fault
from tests.servers.youtube_site import CHANNEL_ID, Video, YoutubeSite
from tests.services.downloader_media import audio_bytes, media_file
from utawaku.library.config import DownloadSettings
from utawaku.library.errors import (
    BotCheckError,
    DownloadError,
    GeoBlockedError,
    PrivateStreamError,
    RateLimitedError,
    StillProcessingError,
    StreamGoneError,
)
from utawaku.services.downloader import Downloader, StreamInfo, Tuning
from utawaku.services.downloader.partial_download import STAGE_NAME

M4A = audio_bytes("mp4", "aac", duration_s=12.0)
QUICK = Tuning(
    retries=1, extractor_retries=0, retry_wait_s=0.01, max_retry_wait_s=0.02, refreshes=1,
    socket_timeout_s=5.0, throttled_bytes_per_s=0, check_certificates=False,
)  # fmt: skip
ID = "aBcdefghij-"


@pytest.fixture
def downloader(emulated: tuple[YoutubeSite, str]) -> Downloader:
    settings = DownloadSettings(proxy=emulated[1], sleep_s=(0.0, 0.0), sleep_requests_s=0.0)
    return Downloader(settings, tuning=QUICK)


def watch(video_id: str = ID) -> str:
    return f"https://www.youtube.com/watch?v={video_id}"


def test_an_archived_stream_comes_with_everything_that_its_page_has(
    site: YoutubeSite, downloader: Downloader, tmp_path: Path
) -> None:
    setlist = "setlist\n0:04 first song\n0:08 second song"
    site.videos[ID] = Video(
        ID,
        media={"140": M4A, "251": b"never asked for"},
        comments=[setlist, *[f"888 {n}" for n in range(44)]],
        chat=[["hello"], ["8888", "888"], ["bye"]],
    )
    fetched = downloader.fetch(watch() + "&list=PLx", tmp_path / "s")
    info = fetched.info
    assert fetched.path.name == "recording.m4a"
    assert fetched.path.read_bytes() == M4A
    assert (info.site, info.site_id, info.title) == ("youtube", ID, "【歌枠】夜に歌う")
    assert (info.channel, info.channel_id) == ("A Singer", CHANNEL_ID)
    assert (info.live_status, info.duration_s) == ("was_live", 12.0)
    assert info.uploaded_on == "2026-07-01"
    assert [chapter.start_s for chapter in info.chapters] == [0.0, 4.0, 8.0]
    assert info.chapters[1].title == "first song"
    assert fetched.thumbnail_path is not None
    assert fetched.comments_path is not None
    comments = json.loads(fetched.comments_path.read_text(encoding="utf-8"))
    assert len(comments) == 45
    assert comments[0]["text"] == setlist
    assert comments[0]["like_count"] == 100
    assert fetched.live_chat_path is not None
    lines = fetched.live_chat_path.read_text(encoding="utf-8").splitlines()
    offsets = [
        int(json.loads(line)["replayChatItemAction"]["videoOffsetTimeMsec"]) for line in lines
    ]
    assert offsets == [0, 4000, 4001, 8000]
    assert fetched.warnings == ()
    for path in (tmp_path / "s").iterdir():
        assert b"SECRETSIG" not in path.read_bytes(), path
    assert StreamInfo.from_info(json.loads(fetched.info_path.read_text(encoding="utf-8"))) == info


def test_comments_and_chat_can_be_left_out(
    site: YoutubeSite, downloader: Downloader, tmp_path: Path
) -> None:
    site.videos[ID] = Video(ID, media={"140": M4A}, comments=["one"], chat=[["one"]])
    fetched = downloader.fetch(watch(), tmp_path / "s", with_comments=False, with_live_chat=False)
    assert fetched.comments_path is None
    assert fetched.live_chat_path is None
    assert not [seen for seen in site.seen if "next" in seen.path or "chat" in seen.path]


def test_a_chat_that_breaks_off_is_kept_as_far_as_it_came(
    site: YoutubeSite, downloader: Downloader, tmp_path: Path
) -> None:
    site.videos[ID] = Video(
        ID, media={"140": M4A}, chat=[["a"], ["b"]], chat_fault=Fault(status=500)
    )
    fetched = downloader.fetch(watch(), tmp_path / "s")
    assert fetched.live_chat_path is not None
    assert len(fetched.live_chat_path.read_text().splitlines()) == 1
    assert any("live chat is incomplete" in warning for warning in fetched.warnings)


def test_video_and_audio_become_one_file_without_ffmpeg(
    site: YoutubeSite, downloader: Downloader, tmp_path: Path
) -> None:
    picture = media_file(
        tmp_path / "p.mp4", "mp4", None, video_codec="libx264", duration_s=12.0
    ).read_bytes()
    site.videos[ID] = Video(ID, media={"140": M4A, "137": picture})
    fetched = downloader.fetch(watch(), tmp_path / "s", want="video")
    assert fetched.path.name == "recording.mp4"
    assert fetched.has_video
    with av.open(str(fetched.path)) as container:
        kinds = sorted(stream.type for stream in container.streams)
        n_frames = sum(1 for _ in container.decode(video=0))
    assert kinds == ["audio", "video"]
    assert n_frames == 120
    with av.open(str(fetched.path)) as merged, av.open(str(tmp_path / "p.mp4")) as alone:
        del alone
        kept = b"".join(bytes(packet) for packet in merged.demux(audio=0))
    (tmp_path / "a.m4a").write_bytes(M4A)
    with av.open(str(tmp_path / "a.m4a")) as original:
        assert kept == b"".join(bytes(packet) for packet in original.demux(audio=0))
    again = downloader.fetch(watch(), tmp_path / "s", want="audio")
    assert again.from_cache  # sound is in it already


@pytest.mark.parametrize(
    ("live", "status", "words"),
    [
        ({"isLive": True, "isLiveContent": True}, "is_live", "live right now"),
        ({"isUpcoming": True, "isLiveContent": True}, "is_upcoming", "not begun"),
        ({"isPostLiveDvr": True, "isLiveContent": True}, "post_live", "processes"),
    ],
)
def test_a_stream_that_is_not_over_is_seen_but_not_fetched(
    site: YoutubeSite,
    downloader: Downloader,
    tmp_path: Path,
    live: dict[str, bool],
    status: str,
    words: str,
) -> None:
    site.videos[ID] = Video(ID, live=live, media={"140": M4A})
    if status == "is_upcoming":
        site.videos[ID].status = "LIVE_STREAM_OFFLINE"
        site.videos[ID].reason = "This live event will begin in 3 hours."
    assert downloader.resolve(watch()).live_status == status
    with pytest.raises(StillProcessingError, match=words):
        downloader.fetch(watch(), tmp_path / "s")
    assert not [seen for seen in site.seen if seen.path == "/videoplayback"]


def test_a_page_that_turns_post_live_after_the_first_look_is_not_taken_half(
    site: YoutubeSite, downloader: Downloader, tmp_path: Path
) -> None:
    site.videos[ID] = Video(ID, media={"140": M4A})
    info = downloader.resolve(watch())
    assert info.live_status == "was_live"
    site.videos[ID].live = {"isPostLiveDvr": True, "isLiveContent": True}
    with pytest.raises(StillProcessingError):
        downloader.fetch(info, tmp_path / "s")
    taken = downloader.fetch(info, tmp_path / "s", accept_incomplete=True)
    assert taken.path.read_bytes() == M4A


def test_an_archive_shorter_than_its_page_waits_for_the_rest(
    site: YoutubeSite, downloader: Downloader, tmp_path: Path
) -> None:
    site.videos[ID] = Video(ID, duration_s=7200, media={"140": M4A})
    with pytest.raises(StillProcessingError, match="12 s of the 7200 s"):
        downloader.fetch(watch(), tmp_path / "s")
    assert not list((tmp_path / "s" / STAGE_NAME).glob("media*"))
    taken = downloader.fetch(watch(), tmp_path / "s", accept_incomplete=True)
    assert taken.shortfall_s == pytest.approx(7188, abs=1)


@pytest.mark.parametrize(
    ("status", "reason", "subreason", "error"),
    [
        ("LOGIN_REQUIRED", "Sign in to confirm you’re not a bot", "", BotCheckError),
        ("LOGIN_REQUIRED", "Private video", "Sign in if you've been granted access to this video",
         PrivateStreamError),
        ("UNPLAYABLE", "Join this channel to get access to members-only content like this video, "
         "and other exclusive perks.", "", PrivateStreamError),
        ("LOGIN_REQUIRED", "Sign in to confirm your age", "", PrivateStreamError),
        ("UNPLAYABLE", "Video unavailable",
         "The uploader has not made this video available in your country", GeoBlockedError),
        ("ERROR", "Video unavailable", "This video has been removed by the uploader",
         StreamGoneError),
        ("ERROR", "This video is no longer available because the YouTube account associated with "
         "this video has been terminated.", "", StreamGoneError),
        ("ERROR", "This content isn't available, try again later.", "", RateLimitedError),
        ("UNPLAYABLE", "We're processing this video. Check back later.", "", StillProcessingError),
    ],
)  # fmt: skip
def test_a_refusal_is_told_apart_by_its_words(
    site: YoutubeSite,
    downloader: Downloader,
    tmp_path: Path,
    status: str,
    reason: str,
    subreason: str,
    error: type[DownloadError],
) -> None:
    site.videos[ID] = Video(
        ID, status=status, reason=reason, subreason=subreason, live={"isLiveContent": True}
    )
    for action in (downloader.resolve, lambda url: downloader.fetch(url, tmp_path / "s")):
        with pytest.raises(error) as raised:
            action(watch())
        assert watch() in str(raised.value)
        assert raised.value.next_step
        assert "--cookies" not in str(raised.value)
        assert "--list-formats" not in str(raised.value)


def test_a_429_that_yt_dlp_only_logs_is_a_rate_limit(
    site: YoutubeSite, downloader: Downloader, tmp_path: Path
) -> None:
    limited = Fault(status=429, headers={"Retry-After": "300"})
    site.videos[ID] = Video(ID, status="UNPLAYABLE", player_fault=limited)
    with pytest.raises(RateLimitedError) as raised:
        downloader.fetch(watch(), tmp_path / "s")
    assert raised.value.retry_after_s == 300


def test_media_forbidden_for_good_says_so(
    site: YoutubeSite, downloader: Downloader, tmp_path: Path
) -> None:
    site.videos[ID] = Video(ID, media={"140": M4A})
    site.media_faults += [Fault(status=403)] * 20
    with pytest.raises(DownloadError, match="403") as raised:
        downloader.fetch(watch(), tmp_path / "s")
    assert "Update yt-dlp" in raised.value.next_step


def test_an_address_that_leads_elsewhere_now_is_refused(
    site: YoutubeSite, downloader: Downloader, tmp_path: Path
) -> None:
    site.videos[ID] = Video(ID, media={"140": M4A})
    info = downloader.resolve(watch())
    other = StreamInfo("youtube-other", info.url, "x", "youtube", "other")
    with pytest.raises(DownloadError, match="another stream"):
        downloader.fetch(other, tmp_path / "s")
