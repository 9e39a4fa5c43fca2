"""From a site's page to songs: yt-dlp's real extractors, local sites, the real assets."""

import io
import json
from dataclasses import dataclass
from pathlib import Path

import av
import dagster as dg
import numpy as np
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
from utawaku.library.requests import Ingest
from utawaku.library.tags import read_tags
from utawaku.library.time_format import clock
from utawaku.media.decode import load
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


def transcoded(source: Path, container: str, stop_s: float, start_s: float = 0.0) -> bytes:
    file = io.BytesIO()
    with av.open(str(source)) as reader, av.open(file, "w", format=container) as out:
        target = out.add_stream("aac", rate=44_100, layout="mono")
        n_given = 0
        for frame in reader.decode(audio=0):
            if frame.time < start_s:
                continue
            if frame.time > stop_s:
                break
            frame.pts = n_given
            n_given += frame.samples
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


def likeness(piece: np.ndarray, longer: np.ndarray) -> float:
    """Return how well float32 (n_samples,) fits anywhere into a longer stretch of sound."""
    products = np.correlate(longer, piece, "valid")
    squares = np.concatenate([[0.0], np.cumsum(longer.astype(np.float64) ** 2)])
    powers = squares[piece.size :] - squares[: -piece.size]
    return float(np.max(products / np.sqrt(powers * np.sum(piece**2))))


@pytest.mark.slow
def test_a_video_in_parts_comes_to_songs_as_one_stream(
    catalogue: Catalogue,
    pipeline: Pipeline,
    ready: pytest.MonkeyPatch,
    demo_stream: DemoStream,
    tmp_path: Path,
) -> None:
    across, behind = demo_stream.truth.songs[:2]
    seam_s, stop_s = (across.start_s + across.stop_s) / 2, behind.stop_s + 10
    media = [
        transcoded(demo_stream.path, "mp4", seam_s),
        transcoded(demo_stream.path, "mp4", stop_s, seam_s),
    ]
    in_part_s = int(behind.start_s - seam_s)
    comment = (
        f"歌单\nP1 {clock(across.start_s)} 夜明けの歌 / 青井ソラ\n"
        f"P2 {clock(in_part_s)} 海と猫 / 月見団子"
    )
    ready.setenv("UTAWAKU_LABELS__SHAZAM", "false")
    url = f"https://www.bilibili.com/video/{BVID}"
    with bilibili(tmp_path / "authority") as (site, proxy):
        ready.setenv("UTAWAKU_DOWNLOAD__PROXY", proxy)
        site.videos[BVID] = BilibiliVideo(
            BVID,
            parts=["上半", "下半"],
            part_media=media,
            part_durations_s=[round(seam_s), round(stop_s - seam_s)],
            comments=[comment],
        )
        catalogue.requests.file(Ingest(source=url, as_one=True))
        (run,) = pipeline.drain()
        pipeline.carry_out(run)
        (stream,) = catalogue.streams.all()
        carry_out(stream, pipeline, *CHAIN, "labels", "library_files")
    stream = catalogue.streams.get(stream.id)
    assert stream.duration_s == pytest.approx(stop_s, abs=1.0)
    listed = [
        line.start_s
        for one in catalogue.setlists.of_stream(stream.id, source="comment")
        for line in one.lines
    ]
    assert listed == pytest.approx([int(across.start_s), seam_s + in_part_s], abs=0.2)
    songs = catalogue.songs.of_stream(stream.id)
    assert [song.title for song in songs] == ["夜明けの歌", "海と猫"]
    first_file = load_settings().library_root / songs[0].file_path
    for song, true in zip(songs, (across, behind), strict=True):
        assert song.start_s == pytest.approx(true.start_s, abs=5)
        assert song.stop_s == pytest.approx(true.stop_s, abs=5)
    # The song across the seam is whole, and sounds as in the stream before it was split.
    heard, rate = load(first_file, n_channels=1)
    assert heard.size / rate == pytest.approx(songs[0].stop_s - songs[0].start_s, abs=0.05)
    true_sound, _ = load(demo_stream.path, sample_rate_hz=rate, n_channels=1)
    for at_s in (seam_s - 20, seam_s - 1, seam_s, seam_s + 20):
        now = heard[round((at_s - songs[0].start_s) * rate) :][:rate]
        # The last packet of a part is full: what follows is up to 23 ms later.
        near = true_sound[round((at_s - 0.05) * rate) :][: round(1.1 * rate)]
        assert likeness(now, near) > 0.95
    links = [read_tags(load_settings().library_root / song.file_path).source_url for song in songs]
    assert links[0] == f"{url}?p=1&t={int(songs[0].start_s)}"
    assert (links[1] or "").startswith(f"{url}?p=2&t=")
    assert int((links[1] or "=0").rpartition("=")[2]) == pytest.approx(
        songs[1].start_s - seam_s, abs=1.2
    )
