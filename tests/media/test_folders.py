"""Media in folders as phones, network storage and downloads leave them."""

from pathlib import Path

from utawaku.media.folders import media_files

LEFT_ALONE = (
    "._evening.mp3", "Thumbs.db", "desktop.ini", ".DS_Store", "evening.mp4.part",
    "evening.mp4.ytdl", "evening.temp.mp4", "evening.mp4.part-Frag3", "~evening.mp4",
    "evening.info.json", "#recycle/deleted.mp4", "@eaDir/evening.mp4/SYNOAUDIO_ALBUM.mp4",
    "$RECYCLE.BIN/S-1-5/$R1.mp4", "System Volume Information/x.mp4", "__MACOSX/evening.mp3",
    "@Recycle/a.mp3", ".stversions/b.mp3", "#snapshot/today/evening.mp3", "lost+found/c.mp3",
)  # fmt: skip


def test_what_is_no_recording_of_the_owner_is_left_alone(tmp_path: Path) -> None:
    kept = [
        f"{'歌' * 83}.mp3",  # 253 bytes of 255
        "Recycle me/evening.mp3",
        "evening...mp3",
        "templates.mp3",
        "the temp.mp3",
    ]
    for name in (*LEFT_ALONE, *kept):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    found = {str(path.relative_to(tmp_path)) for path, _ in media_files(tmp_path)}
    assert found == {str(Path(name)) for name in kept}
    inside = [path.name for path, _ in media_files(tmp_path / "#recycle")]
    assert inside == ["deleted.mp4"]  # who names it wants it
