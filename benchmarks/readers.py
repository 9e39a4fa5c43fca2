"""Which programs read which field of the song files that utawaku writes.

`python -m benchmarks.readers [--tools FOLDER] [--write docs/readers.md]` writes one song of each
format with every tag, lets each installed program read it, and prints a table. Debian has mpd, mpv,
ffmpeg, quodlibet, kid3-cli, libimage-exiftool-perl, mopidy-local and cuetools (the command of
libcue's family); mediafile (the tag library of beets), supysonic (a Subsonic server) and
music-metadata are installed from the package indexes into FOLDER. A program that is not there is
left out of the table.
"""

import argparse
import io
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import mutagen
import numpy as np
from PIL import Image

from benchmarks.reader_output import flat, joined, lines, run
from benchmarks.reader_servers import SUPYSONIC, Mopidy, Mpd, Subsonic
from tests.models.song_files import sound, write
from utawaku.library.exports import cue_sheet
from utawaku.library.records import SongSpan, Stream
from utawaku.library.tags import SongTags, write_tags

MEDIAFILE, MUSIC_METADATA = "mediafile==0.17.0", "music-metadata@11.16.1"
FORMATS = {"opus": "libopus", "mp3": "libmp3lame", "m4a": "aac", "flac": "flac"}
TAGS = SongTags(
    title="夜に駆ける",
    artist="YOASOBI",
    original_artist="Ayase",
    performer="Mio",
    album="an evening",
    album_artist="Some Channel",
    date="2026-11-21",
    track=3,
    n_tracks=12,
    source_url="https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=754s",
    comment="a remark",
    genre="Anime",
    isrc="JPKI09500190",
    musicbrainz_id="5bcd10a1-1a4d-4d4c-8e5f-1f2ad5f0c111",
    lyrics="la la la",
    bpm=131,
    key="F#m",
    replaygain_gain_db=-6.72,
    replaygain_peak=0.98,
    stars=4,
)
FIELDS: dict[str, tuple[str, str]] = {
    "title": (r"title|©nam|name", "夜に駆ける"),
    "artist": (r"artists?", "YOASOBI"),
    "original artist": (r"original ?artist|tope|.*originalartist", "Ayase"),
    "singer": (r".*performer.*", "Mio"),
    "album": (r"album", "an evening"),
    "album artist": (r"album[ _]?artist|band|.*albumartist", "Some Channel"),
    "date": (r"date|.*year|.*recording ?time|.*releasetime|content ?create ?date|day", "2026"),
    "track": (r"track(_?number)?(\.no)?|track ?num(ber)?", "3"),
    "tracks": (r"track.*|total_?tracks", "12"),
    "genre": (r"genre.*", "Anime"),
    "BPM": (r".*(bpm|beats_?per_?minute).*", "131"),
    "key": (r".*key", "F#m"),
    "lyrics": (r".*lyrics.*", "la la la"),
    "comment": (r".*(comment|description).*", "a remark"),
    "ISRC": (r".*isrc.*|tsrc", "JPKI09500190"),
    "MusicBrainz id": (r".*(musicbrainz|mb_|ufid|unique_?file|track_?id|recording).*", "5bcd10a1"),
    "address": (r".*(url|website|woas|source).*", "youtube.com"),
    "gain": (r".*(replaygain|rg|track)_?.*gain.*|.*r128.*", "-6.72|-3000|-11.7"),
    "peak": (r".*(replaygain|rg|track)_?.*peak.*", "0.98"),
    "rating": (r".*(rating|popm|popularimeter|stars|fmps).*", r"80|196|0?\.8\b|0\.7[67]|★★★★|4"),
    "cover": (r".*(picture|art|cover|image|apic|pic).*", r".*"),
}
"""For each field the names that readers give it, and what of its value must be there."""

MUTAGEN_NAMES = {
    "TIT2": "title", "\xa9nam": "title", "TPE1": "artist", "\xa9ART": "artist",
    "TOPE": "originalartist",
    "TALB": "album", "\xa9alb": "album", "TPE2": "albumartist", "aART": "albumartist",
    "TDRC": "date", "\xa9day": "date", "TRCK": "track", "trkn": "track", "TCON": "genre",
    "\xa9gen": "genre", "TBPM": "bpm", "tmpo": "bpm", "TKEY": "key", "USLT::xxx": "lyrics",
    "\xa9lyr": "lyrics", "COMM::xxx": "comment", "\xa9cmt": "comment", "TSRC": "isrc",
    "POPM:utawaku": "rating", "APIC:": "picture", "covr": "picture",
    "METADATA_BLOCK_PICTURE": "picture", "metadata_block_picture": "picture",
    "UFID:http://musicbrainz.org": "musicbrainz_trackid",
}  # fmt: skip
"""The words of this table for names of ID3 and MP4."""

Reader = Callable[[Path], Mapping[str, str]]


def ffprobe(path: Path) -> Mapping[str, str]:
    told = run("ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json", path)
    return joined(
        (name.removeprefix("format.").rpartition("tags.")[2], text)
        for name, text in flat(json.loads(told))
    )


def mpv(path: Path) -> Mapping[str, str]:
    told = run(
        "mpv", "--no-config", "--ao=null", "--vo=null", "--length=0.05",
        "--term-playing-msg=META=${=metadata}\nTRACKS=${=track-list}", path,
    )  # fmt: skip
    metadata = re.search(r"META=(\{.*\})", told)
    found = joined(flat(json.loads(metadata[1]))) if metadata else {}
    cover = {"picture": "yes"} if '"image":true' in told or '"albumart":true' in told else {}
    gain = lines(
        run(
            "mpv",
            "--no-config",
            "--ao=null",
            "--vo=null",
            "--length=0.05",
            "-v",
            "--replaygain=track",
            path,
        ),
        r".*(Track Gain|Gain|gain)[^-0-9]*(-[\d.]+).*",
    )
    return found | cover | ({"track_gain": next(iter(gain.values()))} if gain else {})


def quodlibet(path: Path) -> Mapping[str, str]:
    told = lines(
        run("operon", "list", "--all", "--terse", "--columns=tag,value", path), r"([^:]+):(.*)"
    )
    return told | lines(run("operon", "info", path), r"(Rating|Images?)\s*[:|]\s*(.+)")


def kid3(path: Path) -> Mapping[str, str]:
    return lines(run("kid3-cli", "-c", "get all 2", path), r"[ *]*(\S[^ ].*?)  +(\S.*)")


def mutagen_raw(path: Path) -> Mapping[str, str]:
    """What mutagen gives, by the names of the format; pictures are told as such."""
    file = mutagen.File(path)
    pairs: list[tuple[str, object]] = list(file.tags.items())
    if getattr(file, "pictures", None):
        pairs.append(("picture", "yes"))
    return {
        MUTAGEN_NAMES.get(name, name.rpartition(":")[2] if name.startswith("----") else name): (
            _mutagen_text(value)
        )
        for name, value in ((key.removeprefix("TXXX:"), value) for key, value in pairs)
    }


def _mutagen_text(value: object) -> str:
    if isinstance(value, list):
        return " | ".join(_mutagen_text(one) for one in value)
    if isinstance(value, bytes):
        return value[:200].decode("utf-8", "replace")
    if isinstance(value, tuple):
        return "/".join(map(str, value))
    data = getattr(value, "data", b"")
    rating = getattr(value, "rating", "")
    return str(rating) if rating else (data[:100].decode("utf-8", "replace") or str(value))


def exiftool(path: Path) -> Mapping[str, str]:
    return joined(flat(json.loads(run("exiftool", "-j", "-a", path))))


class Tools:
    """Readers that are installed from package indexes into a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / "mediafile/bin/python"
        folder.mkdir(parents=True, exist_ok=True)
        if not self.python.exists():
            run(sys.executable, "-m", "venv", folder / "mediafile")
            run(self.python, "-m", "pip", "install", "-q", MEDIAFILE, SUPYSONIC)
        if shutil.which("npm") and not (folder / "node_modules/music-metadata").exists():
            run("npm", "install", "--silent", "--prefix", folder, MUSIC_METADATA)

    def mediafile(self, path: Path) -> Mapping[str, str]:
        code = (
            "import json, sys, mediafile; f = mediafile.MediaFile(sys.argv[1]);"
            "print(json.dumps({k: str(getattr(f, k)) for k in f.fields() if getattr(f, k)}))"
        )
        return joined(flat(json.loads(run(self.python, "-c", code, path))))

    def music_metadata(self, path: Path) -> Mapping[str, str]:
        code = (
            "import('music-metadata').then(m => m.parseFile(process.argv[1])).then(d => {"
            "const c = d.common; if (c.picture) c.picture = 'yes';"
            "console.log(JSON.stringify(c))})"
        )
        return joined(flat(json.loads(run("node", "-e", code, path, cwd=self.folder))))


def readers(tools: Path | None) -> dict[str, Reader]:
    """The readers that are here, by name and version."""
    found: dict[str, Reader] = {f"mutagen {mutagen.version_string}": mutagen_raw}
    for program, version, reader in (
        ("ffprobe", r"version (\S+?)-", ffprobe),
        ("mpv", r"mpv (\S+)", mpv),
        ("operon", r"version (\S+)", quodlibet),
        ("kid3-cli", r"kid3-cli (\S+)", kid3),
        ("exiftool", r"(\S+)", exiftool),
    ):
        if shutil.which(program):
            option = {"ffprobe": "-version", "exiftool": "-ver", "kid3-cli": "--help"}
            told = re.search(version, run(program, option.get(program, "--version")))
            name = "Quod Libet" if program == "operon" else program
            found[f"{name} {told[1] if told else ''}".strip()] = reader
    if tools:
        installed = Tools(tools)
        found[MEDIAFILE.replace("==", " ")] = installed.mediafile
        if shutil.which("node"):
            found[MUSIC_METADATA.replace("@", " ")] = installed.music_metadata
    return found


def verdict(field: str, told: Mapping[str, str]) -> str:
    """`yes` where the reader gives the field under a name of its own, else `-`."""
    names, value = FIELDS[field]
    for name, text in told.items():
        short = name.casefold().replace("-", "_")
        if re.fullmatch(names, short) and re.search(value, text):
            return "yes"
    return "-"


def songs(folder: Path) -> dict[str, Path]:
    """Write one song of each format with every tag and a cover."""
    picture = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(picture, "JPEG")
    made = {}
    for suffix, encoder in FORMATS.items():
        rate = 48_000 if suffix == "opus" else 44_100
        made[suffix] = write(folder / f"song.{suffix}", sound(1.0, rate), rate, encoder)
        write_tags(made[suffix], TAGS, picture.getvalue())
    return made


def field_tables(folder: Path, tools: Path | None) -> Iterator[str]:
    """Yield a table for each format: fields down, readers across."""
    made = songs(folder)
    present = readers(tools)
    mpd = Mpd(folder)
    with mpd.running() if shutil.which("mpd") else _nothing():
        if shutil.which("mpd"):
            told = re.search(r"Daemon (\S+)", run("mpd", "--version"))
            present[f"MPD {told[1] if told else ''}"] = mpd
        if shutil.which("mopidy"):
            present[f"Mopidy-Local {package_version('mopidy-local')}"] = Mopidy(folder)
        if tools:
            present[SUPYSONIC.replace("==", " ")] = Subsonic(Tools(tools).python, folder)
        for suffix, path in made.items():
            read = {name: reader(path) for name, reader in present.items()}
            yield f"\n## {suffix}\n\n"
            yield f"| field | {' | '.join(read)} |\n|---|{'---|' * len(read)}\n"
            for field in FIELDS:
                cells = (verdict(field, told) for told in read.values())
                yield f"| {field} | {' | '.join(cells)} |\n"


def package_version(name: str) -> str:
    """Return the version of a Debian package."""
    return run("dpkg-query", "-W", "-f=${Version}", name).partition("-")[0]


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def cue_lines(folder: Path) -> Iterator[str]:
    """Yield where each reader of CUE sheets starts two songs that begin at 60 and 360 s."""
    recording = folder / "Streams" / "recording.flac"
    recording.parent.mkdir()
    write(recording, np.zeros((1, 8_000 * 600), np.float32), 8_000, "flac")
    spans = [
        SongSpan(0, 60.0, 240.0, "smart", 1.0, title="one \\"),
        SongSpan(1, 360.0, 500.0, "smart", 1.0, title='two "quoted"'),
    ]
    stream = Stream("file-1", "", title="an evening", channel="Mio")
    away, beside = folder / "away.cue", recording.with_name("beside.cue")
    for sheet in (away, beside):
        name = recording.relative_to(sheet.parent).as_posix()
        sheet.write_text(cue_sheet(stream, spans, files=[(name, 0.0)]), "utf-8", newline="")
    yield "\n## CUE sheets\n\nTwo songs, from 60 s and from 360 s. Where each reader starts them:\n"
    yield "\n| reader | sheet in the folder above | sheet beside the recording |\n|---|---|---|\n"
    if shutil.which("mpd"):
        with Mpd(folder).running() as mpd:
            starts = [mpd_starts(mpd, name) for name in ("away.cue", "Streams/beside.cue")]
            yield f"| MPD | {' | '.join(starts)} |\n"
    if shutil.which("mpv"):
        starts = [mpv_starts(sheet) for sheet in (away, beside)]
        yield f"| mpv, chapters from the first song on | {' | '.join(starts)} |\n"
    if shutil.which("cueprint"):
        titles = run("cueprint", "-t", "%t; ", away).strip("; ")
        splits = ", ".join(run("cuebreakpoints", away).split())
        yield f"| cuetools | titles {titles}; splits at {splits} | the same |\n"


def mpd_starts(mpd: Mpd, sheet: str) -> str:
    """Return where MPD starts the songs of a sheet."""
    told = mpd.ask("clear", f'load "{sheet}"', "playlistinfo")
    return ", ".join(f"{float(at):.2f}" for at in re.findall(r"Range: ([\d.]+)", told))


def mpv_starts(sheet: Path) -> str:
    """Return the chapters that mpv shows for a sheet; its timeline begins with the first song."""
    told = run(
        "mpv", "--no-config", "--ao=null", "--vo=null", "--length=0.05",
        "--term-playing-msg=STARTS=${=chapter-list}", sheet,
    )  # fmt: skip
    starts = re.findall(r'"time":([\d.]+)', told)
    return ", ".join(f"{float(at):.2f}" for at in starts) or "not found"


def main() -> None:
    """Print the tables, or write them into a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tools", type=Path, help="folder for the installed readers")
    parser.add_argument("--write", type=Path, help="page to write")
    given = parser.parse_args()
    os.environ["LC_ALL"] = "C.UTF-8"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tables = "".join(field_tables(folder, given.tools))
        sheets = "".join(cue_lines(folder))
    page = (
        "# Who reads what in a song file\n\n"
        "Made by `python -m benchmarks.readers --tools FOLDER --write docs/readers.md`. *yes*:\n"
        "the reader gives the field, under a name of its own, with the value that was written. In\n"
        "Opus no reader gives a peak: the format has no place for one, and its gain is\n"
        "R128_TRACK_GAIN (RFC 7845 wants no REPLAYGAIN there), which MPD applies and does not\n"
        "list. supysonic stands for servers of Subsonic's protocol. mpv 0.35 ignores folders\n"
        "in a CUE sheet's FILE: for mpv, write the sheet beside the recording.\n"
    )
    if given.write:
        given.write.write_text(page + tables + sheets, "utf-8")
    else:
        print(page + tables + sheets)


if __name__ == "__main__":
    main()
