"""Files that follow each other are put on record as one stream."""

import json
from pathlib import Path

import pytest

from tests.models.song_files import sound, write
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import MediaError
from utawaku.media.joined import is_joined, read_parts
from utawaku.services.downloader import take_parts
from utawaku.workflows.ingest import resolve_parts
from utawaku.workflows.recordings import addresses_of_parts
from utawaku.workflows.song_tags import address_of, addresses_in

VIDEO = "https://www.bilibili.com/video/BV1xx411c7mD"


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Two parts, of which the second knows its address."""
    made = []
    for number, duration_s in enumerate((3.0, 2.0)):
        path = tmp_path / f"evening_{number:03}.flac"
        write(path, sound(duration_s, 8_000, 1, seed=number), 8_000, "flac")
        made.append(path)
    info = {"webpage_url": f"{VIDEO}?p=2", "title": "an evening", "uploader": "Mio"}
    (tmp_path / "evening_001.info.json").write_text(json.dumps(info))
    return made


def test_parts_are_one_stream_whose_files_stay_where_they_are(
    files: list[Path], catalogue: Catalogue, settings: Settings
) -> None:
    stream = resolve_parts(files, catalogue, settings)
    assert is_joined(Path(stream.url))
    assert (stream.duration_s, stream.sample_rate_hz, stream.title) == (5.0, 8_000, "evening_000")
    parts = read_parts(Path(stream.url))
    assert [(part.path, part.start_s, part.duration_s) for part in parts] == [
        (files[0], 0.0, 3.0),
        (files[1], 3.0, 2.0),
    ]
    again = resolve_parts(list(files), catalogue, settings)
    assert (again.id, len(catalogue.streams.all())) == (stream.id, 1)
    assert resolve_parts(files[::-1], catalogue, settings).id != stream.id


def test_a_part_is_as_long_as_it_plays_whatever_its_header_says(
    files: list[Path], catalogue: Catalogue, settings: Settings
) -> None:
    data = bytearray(files[0].read_bytes())
    # STREAMINFO: 36 bits of the number of samples, here a ninth of what is there and more.
    data[22:26] = (2_700).to_bytes(4, "big")
    files[0].write_bytes(data)
    stream = resolve_parts(files, catalogue, settings)
    assert read_parts(Path(stream.url))[1].start_s == pytest.approx(3.0, abs=1e-6)


def test_a_link_leads_to_the_right_part_and_second(
    files: list[Path], catalogue: Catalogue, settings: Settings
) -> None:
    stream = resolve_parts(files, catalogue, settings)
    parts = addresses_of_parts(Path(stream.url))
    catalogue.assets.done(
        stream.id, "recordings", engine="file", engine_version="1", metadata={"parts": parts}
    )
    addresses = addresses_in(stream, catalogue)
    assert address_of(stream, 4.5, addresses) == f"{VIDEO}?p=2&t=1"
    assert address_of(stream, 1.0, addresses) is None  # the first part has no address
    assert address_of(stream, 4.5) is None


def test_what_lies_beside_the_first_part_comes_along(
    files: list[Path], catalogue: Catalogue, settings: Settings
) -> None:
    files[0].with_suffix(".info.json").write_text(json.dumps({"title": "歌枠", "uploader": "Mio"}))
    stream = resolve_parts(files, catalogue, settings)
    fetched = take_parts(Path(stream.url), settings.stream_dir(stream.id))
    assert (fetched.info.title, fetched.info.channel) == ("歌枠", "Mio")
    assert (fetched.duration_s, fetched.has_video, fetched.shortfall_s) == (5.0, False, 0.0)
    assert fetched.path == Path(stream.url)


def test_files_that_cannot_be_one_stream_are_refused(
    files: list[Path], catalogue: Catalogue, settings: Settings, tmp_path: Path
) -> None:
    other = write(tmp_path / "other.wav", sound(1.0, 8_000, 1), 8_000, "pcm_s16le")
    for wrong in ([files[0]], [files[0], files[0]], [files[0], other], []):
        with pytest.raises(MediaError) as caught:
            resolve_parts(wrong, catalogue, settings)
        assert caught.value.next_step
    with pytest.raises(MediaError, match="no such file"):
        resolve_parts([files[0], tmp_path / "none.flac"], catalogue, settings)
    assert catalogue.streams.all() == []
