"""A made-up catalogue of any size: names in four scripts, streams, grades, tags, asset states.

    python benchmarks/fake_catalogue.py --songs 100000 --home /tmp/utawaku-fake

The same seed gives the same catalogue. No audio is written.
"""

import argparse
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from utawaku.library.catalogue import Catalogue
from utawaku.library.folding import fold
from utawaku.library.postgres import make_trigram_index, set_counters
from utawaku.library.schema import (
    asset_states,
    channels,
    highlights,
    labels,
    segments,
    setlists,
    song_search,
    song_tags,
    songs,
    streams,
)

FIRST = (
    *(
        "夜",
        "春",
        "星",
        "風",
        "海",
        "花",
        "雨",
        "月",
        "夢",
        "空",
        "光",
        "君",
        "恋",
        "声",
        "旅",
        "雪",
    ),
    *(
        "虹",
        "街",
        "永遠",
        "青い",
        "白い",
        "赤い",
        "透明な",
        "最後の",
        "小さな",
        "南の",
        "忘れられた",
    ),
    *("Midnight", "Blue", "Silent", "Electric", "Paper", "Distant", "Velvet", "Golden", "가을"),
)
SECOND = (
    *("に駆ける", "のうた", "をあげる", "の果て", "と踊る", "物語", "ノクターン", "メロディ"),
    *("ロマンス", "シグナル", "列車", "約束", "の音", "行進曲", "편지", "이야기"),
    *("Parade", "Letters", "Waltz", "Summer", "Machine", "Horizon", "Ghost", "Radio"),
)
ARTISTS = (
    *("月面放送局", "Aoi Lanterns", "水曜日の猫", "北窓", "ナナイロ", "Paper Cranes", "銀河鉄道部"),
    *(
        "海辺のラジオ",
        "Milk Tea Club",
        "夜更かし隊",
        "Orange Rail",
        "雨音",
        "비오는날",
        "青い鳥編集部",
    ),
)
SINGERS = (
    *("Mio Hoshikawa", "月見ゆら", "Sakura Nene", "天音りん", "Kuro Channel", "ことり", "白露ミオ"),
    *("Luna Amane", "狐坂ましろ", "Aki", "여름이", "小雪 Koyuki"),
)
TAGS = ("ballad", "rock", "anison", "vocaloid", "acoustic", "citypop", "idol", "english", "duet")
DETAILED = 200
"""Streams that have segments, setlists, name candidates and interest curves too."""
STREAMS_AT_ONCE = 2_000
"""Made and written together; in pieces, so that a million songs take little memory."""
MANY = 10_000
"""Songs from which PostgreSQL's index of texts is made at the end: a small part of the time."""
LABEL_SOURCES = ("setlist", "setlist", "shazam", "user", "")


def fill(
    catalogue: Catalogue,
    n_songs: int,
    *,
    seed: int = 1,
    now: float | None = None,
    songs_a_stream: int = 15,
) -> None:
    """Put `n_songs` made-up songs into an empty catalogue."""
    with catalogue.write() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        index_last = not is_sqlite and n_songs > MANY
        if index_last:
            connection.exec_driver_sql("DROP INDEX IF EXISTS ix_song_search_trigrams")
        for made in rows_of(n_songs, seed, time.time() if now is None else now, songs_a_stream):
            for table, values in made.items():
                if values and is_sqlite:
                    connection.execute(table.insert(), values)
                elif values:
                    copy(connection, table, values)
        if not is_sqlite:
            set_counters(connection)
        if index_last:
            make_trigram_index(connection)
    with catalogue.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()


def copy(connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    """Put rows of the same columns into a table by PostgreSQL's COPY."""
    names = list(rows[0])
    stored = [
        table.c[name].type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
        for name in names
    ]
    columns = ", ".join(f'"{name}"' for name in names)
    command = f"COPY {table.name} ({columns}) FROM STDIN"
    with connection.connection.cursor() as cursor, cursor.copy(command) as into:
        for row in rows:
            into.write_row(
                [
                    value(row[name]) if value else row[name]
                    for name, value in zip(names, stored, strict=True)
                ]
            )


def rows_of(
    n_songs: int, seed: int, now: float, songs_a_stream: int
) -> Iterator[dict[sa.Table, list[dict[str, Any]]]]:
    """Rows of each table, some thousand streams at a time."""
    random_ = random.Random(seed)
    titles = [f"{a}{b}" if a[0] > "z" else f"{a} {b}" for a in FIRST for b in SECOND]
    made: dict[sa.Table, list[dict[str, Any]]] = {
        table: []
        for table in (
            channels,
            streams,
            asset_states,
            segments,
            setlists,
            songs,
            song_search,
            song_tags,
            labels,
            highlights,
        )
    }
    for number, singer in enumerate(SINGERS):
        made[channels].append(
            {
                "id": f"youtube-UC{number:03}",
                "url": f"https://www.example.com/channel/UC{number:03}",
                "title": singer,
                "site": "youtube",
                "rules": {},
                "cursor": {},
                "followed_at": now - 86400 * 90,
                "last_look_at": now - random_.uniform(60, 7200),
                "next_look_at": now + random_.uniform(60, 7200),
            }
        )
    number = 0
    n_streams = -(-n_songs // songs_a_stream)
    for s in range(n_streams):
        if s and s % STREAMS_AT_ONCE == 0:
            yield made
            made = {table: [] for table in made}
        channel = random_.randrange(len(SINGERS))
        singer = SINGERS[channel]
        day = now - 86400 * random_.uniform(0, 1500)
        uploaded_on = time.strftime("%Y-%m-%d", time.gmtime(day))
        stream_id = f"youtube-fake{s:07}"
        added_at = min(now, day + random_.uniform(3600, 86400))
        title = f"【歌枠】{random_.choice(FIRST)}歌枠 #{s % 200}【{singer}】"
        at = 300.0
        rows: list[tuple[float, float]] = []
        for _ in range(min(songs_a_stream, n_songs - s * songs_a_stream)):
            length = random_.uniform(150, 330)
            rows.append((at, at + length))
            at += length + random_.uniform(20, 240)
        made[streams].append(
            {
                "id": stream_id,
                "url": f"https://www.example.com/watch?v=fake{s:07}",
                "title": title,
                "site": "youtube",
                "site_id": f"fake{s:07}",
                "channel_id": f"youtube-UC{channel:03}",
                "channel": singer,
                "uploaded_on": uploaded_on,
                "duration_s": at + 200,
                "added_at": added_at,
            }
        )
        for asset in ("recordings", "segments", "songs", "labels", "library_files"):
            failed = asset == "recordings" and s % 997 == 5
            made[asset_states].append(
                {
                    "stream_id": stream_id,
                    "asset": asset,
                    "state": "failed" if failed else "done",
                    "progress": 1.0,
                    "message": "HTTP 429: wait for an hour, then try again" if failed else "",
                    "engine": "demo",
                    "engine_version": "1" if s % 3 else "0",
                    "metadata": {},
                    "started_at": added_at,
                    "finished_at": added_at + 30,
                    "made_at": None if failed else added_at + 30,
                }
            )
        if s < DETAILED:
            made[segments].extend(_segments(stream_id, rows, at + 200))
        lines: list[dict[str, Any]] = []
        for position, (start_s, stop_s) in enumerate(rows):
            number += 1
            source = random_.choice(LABEL_SOURCES)
            name = random_.choice(titles) if source else ""
            artist = random_.choice(ARTISTS) if source else ""
            heard = random_.random() < 0.3
            song = {
                "number": number,
                "id": f"{stream_id}@{round(start_s * 1000)}",
                "stream_id": stream_id,
                "position": position,
                "start_s": start_s,
                "stop_s": stop_s,
                "boundary_source": "smart",
                "confidence": random_.uniform(0.5, 1),
                "flags": [],
                "title": name,
                "artist": artist,
                "label_source": source,
                "singer": singer,
                "state": "kept",
                "file_path": "",
                "loudness_lufs": random_.uniform(-24, -9),
                "true_peak_db": random_.uniform(-6, 0),
                "grade": random_.choice((-1, 0, 1, 1)) if heard else None,
                "stars": random_.randint(1, 5) if heard and random_.random() < 0.4 else None,
                "play_count": random_.randint(1, 30) if heard else 0,
                "last_played_at": now - random_.uniform(0, 86400 * 300) if heard else None,
                "bpm": random_.uniform(60, 200),
                "key": random_.choice(("C", "G", "D", "Am", "Em", "F#m")),
                "highlight_start_s": 60.0,
                "highlight_stop_s": 90.0,
                "taste": random_.random(),
                "made_by": "demo",
                "added_at": added_at,
                "stream_title": title,
                "channel": singer,
                "stream_url": f"https://www.example.com/watch?v=fake{s:07}",
                "uploaded_on": uploaded_on,
            }
            made[songs].append(song)
            if s < DETAILED:
                _details(made, song, lines, random_, titles, now)
            tags = random_.sample(TAGS, random_.randint(0, 3))
            made[song_tags].extend(
                {"song_id": song["id"], "tag": tag, "source": "musicnn", "score": 0.5}
                for tag in tags
            )
            made[song_search].append(
                {
                    "number": number,
                    "title": fold(name),
                    "artist": fold(artist),
                    "singer": fold(singer),
                    "channel": fold(singer),
                    "stream": fold(title),
                    "tags": "\n".join(tags),
                }
            )
            texts = [v for v in made[song_search][-1].values() if isinstance(v, str) and v]
            made[song_search][-1]["everything"] = "\n".join(dict.fromkeys(texts))
        if lines:
            made[setlists].append(
                {
                    "stream_id": stream_id,
                    "source": "comment",
                    "score": 0.9,
                    "author": "a listener",
                    "lines": lines,
                    "evidence": {"likes": 12},
                    "at": added_at,
                }
            )
    yield made


def made_once(home: Path, n_songs: int) -> None:
    """Fill the catalogue below `home` unless one is there."""
    path = home / "data" / "catalogue.db"
    if not path.exists():
        catalogue = Catalogue.open_url(f"sqlite:///{path}")
        fill(catalogue, n_songs)
        catalogue.close()


def _details(
    made: dict[sa.Table, list[dict[str, Any]]],
    song: dict[str, Any],
    lines: list[dict[str, Any]],
    random_: random.Random,
    titles: list[str],
    now: float,
) -> None:
    """Name candidates, an interest curve and a line of the setlist."""
    lines.append(
        {
            "start_s": round(song["start_s"] - random_.uniform(-3, 5)),
            "title": song["title"] or random_.choice(titles),
            "artist": song["artist"],
            "stop_s": None,
            "raw": "",
            "is_song": True,
        }
    )
    for source, score in (("shazam", 0.93), ("setlist", 0.81), ("cover", 0.34)):
        made[labels].append(
            {
                "song_id": song["id"],
                "title": song["title"] or random_.choice(titles),
                "artist": song["artist"] or random_.choice(ARTISTS),
                "source": source,
                "score": score,
                "evidence": {"windows": 4, "offset_s": 12.5},
                "at": now,
            }
        )
    seconds = np.arange(int(song["stop_s"] - song["start_s"]))
    curve = 0.5 + 0.4 * np.sin(seconds / 17 + random_.random() * 6)
    made[highlights].append(
        {
            "song_id": song["id"],
            "start_s": 60.0,
            "stop_s": 90.0,
            "curve": curve.astype("<f4").tobytes(),
            "source": "demo",
            "at": now,
        }
    )


def _segments(
    stream_id: str, spans: list[tuple[float, float]], duration_s: float
) -> list[dict[str, Any]]:
    rows = []
    at = 0.0
    for start_s, stop_s in spans:
        rows += [("speech", at, start_s - 3), ("noEnergy", start_s - 3, start_s)]
        rows.append(("music", start_s, stop_s))
        at = stop_s
    rows.append(("speech", at, duration_s))
    return [
        {"stream_id": stream_id, "position": n, "label": label, "start_s": a, "stop_s": b}
        for n, (label, a, b) in enumerate(rows)
    ]


def main() -> None:
    """Make one at the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--songs", type=int, default=100_000)
    parser.add_argument("--home", type=Path, required=True, help="put it below this folder")
    arguments = parser.parse_args()
    folder = arguments.home / "data"
    catalogue = Catalogue.open_url(f"sqlite:///{folder / 'catalogue.db'}")
    began = time.perf_counter()
    fill(catalogue, arguments.songs)
    print(f"{arguments.songs} songs in {folder} after {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()
