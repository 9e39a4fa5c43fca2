"""From a site's page to songs: yt-dlp's real extractors, local sites, the real assets."""

import io
import json
from dataclasses import dataclass
from pathlib import Path

import av
import dagster as dg
import pytest

from tests.conftest import DemoStream, install_weights
from tests.fixtures.pipeline import QUICK, Pipeline
from tests.servers.bilibili_videos import BilibiliVideo, bilibili
from tests.servers.twitch_site import Broadcast, twitch
from tests.servers.youtube_site import Video, YoutubeSite
from tests.services.downloader_media import audio_bytes
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings
from utawaku.library.records import Notice, Stream
from utawaku.services.downloader import Downloader
from utawaku.workflows.ingest import resolve_streams
from utawaku.workflows.setlists import writings_of

CHAIN = ("recordings", "segments", "songs")
BVID = "BV1xx411c7mD"


@pytest.fixture
def ready(
    settings: Settings, weights_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> pytest.MonkeyPatch:
    """Weights for the segmenter, and no pauses."""
    install_weights(weights_dir, settings, "sm")
    monkeypatch.setenv("UTAWAKU_DOWNLOAD__SLEEP_REQUESTS_S", "0")
    monkeypatch.setenv("UTAWAKU_DOWNLOAD__SLEEP_S", "[0, 0]")
    return monkeypatch


@dataclass(frozen=True)
class Evening:
    """The demo stream until after its first song, as AAC in each container that a site serves."""

    duration_s: int
    song_start_s: float
    mp4: bytes
    mpegts: bytes


@pytest.fixture(scope="session")
def evening(demo_stream: DemoStream) -> Evening:
    first = demo_stream.truth.songs[0]
    duration_s = int(first.stop_s) + 10
    mp4, mpegts = (transcoded(demo_stream.path, name, duration_s) for name in ("mp4", "mpegts"))
    return Evening(duration_s, first.start_s, mp4, mpegts)


def transcoded(source: Path, container: str, duration_s: float) -> bytes:
    file = io.BytesIO()
    with av.open(str(source)) as reader, av.open(file, "w", format=container) as out:
        target = out.add_stream("aac", rate=44_100, layout="mono")
        for frame in reader.decode(audio=0):
            if frame.time > duration_s:
                break
            for packet in target.encode(frame):
                out.mux(packet)
        for packet in target.encode():
            out.mux(packet)
    return file.getvalue()


def to_songs(url: str, catalogue: Catalogue, pipeline: Pipeline) -> Stream:
    """Ingest one address as far as its songs."""
    downloader = Downloader(load_settings().download, tuning=QUICK)
    (stream,) = resolve_streams(url, catalogue, downloader)
    pipeline.instance.add_dynamic_partitions("stream", [stream.id])
    carry_out(stream, pipeline, *CHAIN)
    return catalogue.streams.get(stream.id)


def carry_out(stream: Stream, pipeline: Pipeline, *assets: str) -> None:
    """Make these artefacts, as the daemon would."""
    done = pipeline.carry_out(
        dg.RunRequest(
            job_name="ingest_stream",
            partition_key=stream.id,
            asset_selection=[dg.AssetKey(name) for name in assets],
        )
    )
    assert all(check.passed for check in done.get_asset_check_evaluations())


def assert_song_was_found(stream: Stream, catalogue: Catalogue, evening: Evening) -> None:
    (song,) = catalogue.songs.of_stream(stream.id)
    assert song.start_s == pytest.approx(evening.song_start_s, abs=5)


def warnings(catalogue: Catalogue) -> list[Notice]:
    return [notice for notice in catalogue.notices.recent() if notice.level == "warning"]


def test_a_bilibili_video_with_danmaku_comes_to_songs(
    catalogue: Catalogue,
    pipeline: Pipeline,
    ready: pytest.MonkeyPatch,
    evening: Evening,
    tmp_path: Path,
) -> None:
    with bilibili(tmp_path / "authority") as (site, proxy):
        ready.setenv("UTAWAKU_DOWNLOAD__PROXY", proxy)
        site.videos[BVID] = BilibiliVideo(
            BVID,
            audio=evening.mp4,
            duration_s=evening.duration_s,
            danmaku=[(4.0, "好听"), (31.5, "歌うま"), (60.0, "888")],
        )
        stream = to_songs(f"https://www.bilibili.com/video/{BVID}", catalogue, pipeline)
    assert_song_was_found(stream, catalogue, evening)
    chat = writings_of(stream, load_settings()).chat
    assert [(one.offset_s, one.author) for one in chat] == [(4.0, "x"), (31.5, "x"), (60.0, "x")]
    assert warnings(catalogue) == []


def test_a_youtube_stream_with_chat_and_comments_comes_to_songs(
    site: YoutubeSite,
    catalogue: Catalogue,
    pipeline: Pipeline,
    ready: pytest.MonkeyPatch,
    evening: Evening,
) -> None:
    site.videos["stream00001"] = Video(
        "stream00001",
        duration_s=evening.duration_s,
        media={"140": evening.mp4},
        description="",
        comments=["0:31 歌うま"],
        chat=[["こんばんは", "歌うま"], ["888"]],
    )
    stream = to_songs("https://www.youtube.com/watch?v=stream00001", catalogue, pipeline)
    assert_song_was_found(stream, catalogue, evening)
    chat = writings_of(stream, load_settings()).chat
    assert [one.text for one in chat] == ["こんばんは", "歌うま", "888"]
    comments = writings_of(stream, load_settings()).info["comments"]
    assert [one["text"] for one in comments] == ["0:31 歌うま"]
    assert warnings(catalogue) == []


def test_a_twitch_broadcast_without_a_chat_comes_to_songs_and_unreadable_extras_are_told(
    catalogue: Catalogue,
    pipeline: Pipeline,
    ready: pytest.MonkeyPatch,
    evening: Evening,
    tmp_path: Path,
) -> None:
    with twitch(tmp_path / "authority") as (site, proxy):
        ready.setenv("UTAWAKU_DOWNLOAD__PROXY", proxy)
        site.broadcasts = [Broadcast("101", "歌枠", evening.duration_s, evening.mpegts)]
        stream = to_songs("https://www.twitch.tv/videos/101", catalogue, pipeline)
    assert_song_was_found(stream, catalogue, evening)
    assert warnings(catalogue) == []

    folder = load_settings().stream_dir(stream.id)
    (folder / "live_chat.ass").write_text("[Script Info]\nTitle: no chat")
    (folder / "comments.json").write_text("[" * 100_000)
    info = json.loads((folder / "info.json").read_text("utf-8"))
    (folder / "info.json").write_text(json.dumps({**info, "chapters": [None, 5, {"title": []}]}))
    carry_out(stream, pipeline, "songs")
    assert_song_was_found(stream, catalogue, evening)
    told = warnings(catalogue)
    assert {notice.stream_id for notice in told} == {stream.id}
    assert sorted(Path(notice.body.split(":")[0]).name for notice in told) == [
        "comments.json",
        "live_chat.ass",
    ]
    assert len(catalogue.assets.of(stream.id)["songs"].metadata["warnings"]) == 2


@pytest.mark.slow
def test_a_broadcast_whose_clock_starts_again_at_an_advert_comes_to_songs(
    catalogue: Catalogue,
    pipeline: Pipeline,
    ready: pytest.MonkeyPatch,
    evening: Evening,
    tmp_path: Path,
) -> None:
    advert = audio_bytes("mpegts", "aac", duration_s=10.0)
    whole_s = evening.duration_s + 10
    with twitch(tmp_path / "authority") as (site, proxy):
        ready.setenv("UTAWAKU_DOWNLOAD__PROXY", proxy)
        site.broadcasts = [Broadcast("101", "歌枠", whole_s, evening.mpegts, advert)]
        stream = to_songs("https://www.twitch.tv/videos/101", catalogue, pipeline)
    assert stream.recording_path.endswith("recording.ts")
    assert stream.duration_s == pytest.approx(whole_s, abs=1.0)
    assert_song_was_found(stream, catalogue, evening)
