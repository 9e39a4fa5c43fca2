"""HLS playlists as recorders leave them, with their segments beside them."""

from pathlib import Path

import av
import pytest

from tests.services.downloader_media import write_media
from utawaku.library.errors import MediaError
from utawaku.media.decode import decode
from utawaku.media.folders import media_files
from utawaku.media.hls import named_files
from utawaku.media.probe import probe
from utawaku.services.downloader.identity import stream_id_for_file
from utawaku.services.downloader.local import take_file


def playlist(folder: Path, *, seed: int = 0, kind: str = "mpegts") -> Path:
    """Write a playlist of three or four segments, 8 s of noise in all."""
    folder.mkdir()
    whole = folder.with_suffix(".mka")
    write_media(whole, "matroska", "aac", duration_s=8.0, seed=seed)
    path = folder / "index.m3u8"
    ending = "ts" if kind == "mpegts" else "m4s"
    options = {
        "hls_time": "2", "hls_list_size": "0", "hls_segment_type": kind,
        "hls_segment_filename": str(folder / f"seg%03d.{ending}"),
        "hls_fmp4_init_filename": "init.mp4",
    }  # fmt: skip
    with av.open(whole) as reader, av.open(path, "w", format="hls", options=options) as writer:
        track = writer.add_stream_from_template(reader.streams.audio[0])
        for packet in reader.demux(audio=0):
            if packet.dts is not None:
                packet.stream = track
                writer.mux(packet)
    whole.unlink()
    return path


def without_end(path: Path) -> None:
    path.write_text(path.read_text().replace("#EXT-X-ENDLIST\n", ""))


def length_s(path: Path) -> float:
    reader = decode(path)
    for _ in reader:
        pass
    return reader.duration_s


@pytest.mark.parametrize("kind", ["mpegts", "fmp4"])
def test_a_playlist_is_read_as_one_recording(tmp_path: Path, kind: str) -> None:
    path = playlist(tmp_path / "a", kind=kind)
    assert probe(path).container == "hls"
    assert length_s(path) == pytest.approx(8.0, abs=0.1)
    taken = take_file(path, tmp_path / "s", mode="move")
    assert taken.path == path
    assert taken.warnings == ("the playlist and its segments stay where they are",)
    assert all(file.is_file() for file in named_files(path) or ())


def test_a_playlist_without_an_end_is_refused_at_once(tmp_path: Path) -> None:
    path = playlist(tmp_path / "a")
    without_end(path)
    with pytest.raises(MediaError, match="has no end") as raised:
        probe(path)
    assert "#EXT-X-ENDLIST" in raised.value.next_step
    with path.open("a") as file:
        file.write("#EXT-X-ENDLIST\n")
    assert length_s(path) == pytest.approx(8.0, abs=0.1)


def test_segments_on_a_site_are_not_asked_for(tmp_path: Path) -> None:
    path = playlist(tmp_path / "a")
    path.write_text(path.read_text().replace("seg001.ts", "https://example.org/seg001.ts"))
    with pytest.raises(MediaError, match="segments are on a site"):
        probe(path)


def test_missing_segments_are_silence_and_told(tmp_path: Path) -> None:
    path = playlist(tmp_path / "a")
    (tmp_path / "a" / "seg001.ts").unlink()
    (warning,) = take_file(path, tmp_path / "s").warnings
    assert warning.startswith("missing segments: 1, the first is seg001.ts")
    assert length_s(path) == pytest.approx(8.0, abs=0.1)


def test_playlists_of_one_text_are_known_by_their_segments(tmp_path: Path) -> None:
    one, other = playlist(tmp_path / "a"), playlist(tmp_path / "b", seed=1)
    other.write_text(one.read_text())
    assert stream_id_for_file(one) != stream_id_for_file(other)
    moved = (tmp_path / "a").rename(tmp_path / "c") / "index.m3u8"
    assert stream_id_for_file(moved) == stream_id_for_file(playlist(tmp_path / "a"))


def test_in_a_folder_a_playlist_stands_for_its_segments(tmp_path: Path) -> None:
    path = playlist(tmp_path / "a")
    (tmp_path / "a" / "other.ts").write_bytes(b"x")
    (tmp_path / "a" / "songs.m3u8").write_text("#EXTM3U\n#EXTINF:100,Ida - Harbour\nother.ts\n")
    (tmp_path / "master.m3u8").write_text("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na/index.m3u8\n")
    found = [str(file.relative_to(tmp_path)) for file, _ in media_files(tmp_path)]
    assert found == ["master.m3u8", "a/other.ts"]
    assert length_s(tmp_path / "master.m3u8") == pytest.approx(length_s(path), abs=0.01)
