"""How people write setlists: made-up comments in the styles seen under karaoke archives.

Each style is the text and what a reader understands: `(start_s, stop_s, title, artist)` for songs,
`(start_s,)` for lines that are no songs. Titles and artists are invented.
"""

from __future__ import annotations

Song = tuple[float, float | None, str, str]
Talk = tuple[float]


def song(clock: str, title: str, artist: str = "", stop: str = "") -> Song:
    return seconds(clock), seconds(stop) if stop else None, title, artist


def talk(clock: str) -> Talk:
    return (seconds(clock),)


def seconds(clock: str) -> float:
    total = 0
    for part in clock.split(":"):
        total = total * 60 + int(part)
    return float(total)


STYLES: dict[str, tuple[str, list[Song | Talk]]] = {
    "spaced slash": (
        "5:12 夜明けの歌 / 青井ソラ\n10:20 海と猫 / 月見団子\n1:02:03 最後の手紙 / 青井ソラ",
        [
            song("5:12", "夜明けの歌", "青井ソラ"),
            song("10:20", "海と猫", "月見団子"),
            song("1:02:03", "最後の手紙", "青井ソラ"),
        ],
    ),
    "dash": (
        "0:05:12 Morning Glass - The Lanterns\n0:10:20 Paper Boats - Ida Holm",
        [
            song("5:12", "Morning Glass", "The Lanterns"),
            song("10:20", "Paper Boats", "Ida Holm"),
        ],
    ),
    "full-width everything": (
        "０：０５：１２　夜明けの歌／青井ソラ\n０：１０：２０　海と猫／月見団子",
        [song("5:12", "夜明けの歌", "青井ソラ"), song("10:20", "海と猫", "月見団子")],
    ),
    "numbers before stamps": (
        "セトリ\n01. 0:05:12 夜明けの歌 / 青井ソラ\n02. 0:10:20 海と猫 / 月見団子\n"
        "03. 0:15:00 39 / 藤",
        [
            song("5:12", "夜明けの歌", "青井ソラ"),
            song("10:20", "海と猫", "月見団子"),
            song("15:00", "39", "藤"),
        ],
    ),
    "numbers after stamps": (
        "0:05:12 1. Morning Glass / The Lanterns\n0:10:20 2. Paper Boats / Ida Holm",
        [
            song("5:12", "Morning Glass", "The Lanterns"),
            song("10:20", "Paper Boats", "Ida Holm"),
        ],
    ),
    "bare numbers that count": (
        "0:05:12 1 夜明けの歌\n0:10:20 2 海と猫\n0:15:33 3 紙の舟\n0:20:00 4 7つの星",
        [
            song("5:12", "夜明けの歌"),
            song("10:20", "海と猫"),
            song("15:33", "紙の舟"),
            song("20:00", "7つの星"),
        ],
    ),
    "bare numbers that are titles": (
        "0:05:12 99 Balloons\n0:10:20 7 Seconds Away\n0:15:33 22 Steps",
        [
            song("5:12", "99 Balloons"),
            song("10:20", "7 Seconds Away"),
            song("15:33", "22 Steps"),
        ],
    ),
    "circled numbers": (
        "①0:05:12 夜明けの歌/青井ソラ\n②0:10:20 海と猫/月見団子",
        [song("5:12", "夜明けの歌", "青井ソラ"), song("10:20", "海と猫", "月見団子")],
    ),
    "song counters": (
        "5:12 1曲目：夜明けの歌\n10:20 2曲目：海と猫\n15:00 第3曲 紙の舟",
        [song("5:12", "夜明けの歌"), song("10:20", "海と猫"), song("15:00", "紙の舟")],
    ),
    "M numbers": (
        "M1 5:12 夜明けの歌 / 青井ソラ\nM2 10:20 海と猫 / 月見団子\nEN1 50:00 紙の舟 / 藤",
        [
            song("5:12", "夜明けの歌", "青井ソラ"),
            song("10:20", "海と猫", "月見団子"),
            song("50:00", "紙の舟", "藤"),
        ],
    ),
    "corner brackets, artist after": (
        "5:12「夜明けの歌」青井ソラ\n10:20「海と猫」月見団子",
        [song("5:12", "夜明けの歌", "青井ソラ"), song("10:20", "海と猫", "月見団子")],
    ),
    "white corner brackets, artist before": (
        "5:12 青井ソラ『夜明けの歌』\n10:20 月見団子『海と猫』",
        [song("5:12", "夜明けの歌", "青井ソラ"), song("10:20", "海と猫", "月見団子")],
    ),
    "corner brackets with a slash": (
        "5:12 「夜明けの歌」/ 青井ソラ\n10:20 「海と猫」/ 月見団子",
        [song("5:12", "夜明けの歌", "青井ソラ"), song("10:20", "海と猫", "月見団子")],
    ),
    "heavy brackets hold the title": (
        "5:12【夜明けの歌】\n10:20【海と猫】",
        [song("5:12", "夜明けの歌"), song("10:20", "海と猫")],
    ),
    "heavy brackets hold the artist": (
        "5:12 夜明けの歌【青井ソラ】\n10:20 海と猫【月見団子】",
        [song("5:12", "夜明けの歌", "青井ソラ"), song("10:20", "海と猫", "月見団子")],
    ),
    "heavy brackets tag the line": (
        "5:12【初披露】夜明けの歌 / 青井ソラ\n10:20【歌】海と猫 / 月見団子",
        [song("5:12", "夜明けの歌", "青井ソラ"), song("10:20", "海と猫", "月見団子")],
    ),
    "Chinese book title marks": (
        "00:05:12 《夜航》- 林小舟\n00:10:20 《白色的风》- 陈南",
        [song("5:12", "夜航", "林小舟"), song("10:20", "白色的风", "陈南")],
    ),
    "Chinese with talk": (
        "0:00:30 开场\n0:05:12 夜航 / 林小舟\n0:30:00 杂谈\n0:40:20 白色的风 / 陈南\n"
        "1:20:00 感谢SC",
        [
            talk("0:30"),
            song("5:12", "夜航", "林小舟"),
            talk("30:00"),
            song("40:20", "白色的风", "陈南"),
            talk("1:20:00"),
        ],
    ),
    "Korean with talk": (
        "0:00 방송 시작\n5:12 새벽의 노래 - 하늘\n10:20 종이배 - 이다\n50:10 잡담\n1:01:00 엔딩",
        [
            talk("0:00"),
            song("5:12", "새벽의 노래", "하늘"),
            song("10:20", "종이배", "이다"),
            talk("50:10"),
            talk("1:01:00"),
        ],
    ),
    "ranges with a tilde": (
        "0:05:12~0:09:44 夜明けの歌 / 青井ソラ\n0:10:20 〜 0:14:01 海と猫 / 月見団子",
        [
            song("5:12", "夜明けの歌", "青井ソラ", "9:44"),
            song("10:20", "海と猫", "月見団子", "14:01"),
        ],
    ),
    "ranges with a dash": (
        "5:12 - 9:44 Morning Glass - The Lanterns\n10:20 – 14:01 Paper Boats - Ida Holm",
        [
            song("5:12", "Morning Glass", "The Lanterns", "9:44"),
            song("10:20", "Paper Boats", "Ida Holm", "14:01"),
        ],
    ),
    "open ranges": (
        "5:12～ 夜明けの歌 / 青井ソラ\n10:20～ 海と猫 / 月見団子",
        [song("5:12", "夜明けの歌", "青井ソラ"), song("10:20", "海と猫", "月見団子")],
    ),
    "stop after the name": (
        "5:12 Morning Glass / The Lanterns 9:44\n10:20 Paper Boats / Ida Holm 14:01",
        [
            song("5:12", "Morning Glass", "The Lanterns", "9:44"),
            song("10:20", "Paper Boats", "Ida Holm", "14:01"),
        ],
    ),
    "stamp after the name": (
        "夜明けの歌 / 青井ソラ 5:12\n海と猫 / 月見団子 10:20",
        [song("5:12", "夜明けの歌", "青井ソラ"), song("10:20", "海と猫", "月見団子")],
    ),
    "stamp in brackets after the name": (
        "1. Morning Glass - The Lanterns (5:12)\n2. Paper Boats - Ida Holm (10:20)",
        [
            song("5:12", "Morning Glass", "The Lanterns"),
            song("10:20", "Paper Boats", "Ida Holm"),
        ],
    ),
    "stamp in square brackets before": (
        "[0:05:12] Morning Glass / The Lanterns\n[1:10:20] Paper Boats / Ida Holm",
        [
            song("5:12", "Morning Glass", "The Lanterns"),
            song("1:10:20", "Paper Boats", "Ida Holm"),
        ],
    ),
    "several on a line": (
        "5:12 夜明けの歌 10:20 海と猫 15:33 紙の舟",
        [song("5:12", "夜明けの歌"), song("10:20", "海と猫"), song("15:33", "紙の舟")],
    ),
    "several on a line, names first": (
        "夜明けの歌 5:12, 海と猫 10:20, 紙の舟 15:33",
        [song("5:12", "夜明けの歌"), song("10:20", "海と猫"), song("15:33", "紙の舟")],
    ),
    "stamp alone, name below": (
        "5:12\n夜明けの歌 / 青井ソラ\n\n10:20\n海と猫 / 月見団子",
        [song("5:12", "夜明けの歌", "青井ソラ"), song("10:20", "海と猫", "月見団子")],
    ),
    "stamp alone, title and artist below": (
        "5:12\n夜明けの歌\n青井ソラ\n\n10:20\n海と猫\n月見団子",
        [song("5:12", "夜明けの歌", "青井ソラ"), song("10:20", "海と猫", "月見団子")],
    ),
    "stamp alone, name above": (
        "夜明けの歌 / 青井ソラ\n5:12\n\n海と猫 / 月見団子\n10:20",
        [song("5:12", "夜明けの歌", "青井ソラ"), song("10:20", "海と猫", "月見団子")],
    ),
    "out of order": (
        "1:02:03 最後の手紙 / 青井ソラ\n5:12 夜明けの歌 / 青井ソラ\n10:20 海と猫 / 月見団子",
        [
            song("5:12", "夜明けの歌", "青井ソラ"),
            song("10:20", "海と猫", "月見団子"),
            song("1:02:03", "最後の手紙", "青井ソラ"),
        ],
    ),
    "Japanese talk between songs": (
        "0:00 待機画面\n2:10 オープニング\n5:12 夜明けの歌 / 青井ソラ\n9:50 雑談：昨日の晩ごはん\n"
        "15:20 海と猫 / 月見団子\n20:00 MC\n25:00 お知らせ\n30:00 スパチャ読み\n45:00 終了",
        [
            talk("0:00"),
            talk("2:10"),
            song("5:12", "夜明けの歌", "青井ソラ"),
            talk("9:50"),
            song("15:20", "海と猫", "月見団子"),
            talk("20:00"),
            talk("25:00"),
            talk("30:00"),
            talk("45:00"),
        ],
    ),
    "English talk between songs": (
        "0:00 Waiting screen\n1:30 Stream starts\n5:12 Morning Glass - The Lanterns\n"
        "9:00 Chatting\n10:20 Paper Boats - Ida Holm\n15:00 talking about her new microphone\n"
        "1:10:00 Superchat reading\n1:40:00 Ending",
        [
            talk("0:00"),
            talk("1:30"),
            song("5:12", "Morning Glass", "The Lanterns"),
            talk("9:00"),
            song("10:20", "Paper Boats", "Ida Holm"),
            talk("15:00"),
            talk("1:10:00"),
            talk("1:40:00"),
        ],
    ),
    "remarks among songs": (
        "5:12 ♪夜明けの歌 / 青井ソラ\n7:30 くしゃみ助かる\n10:20 ♪海と猫 / 月見団子\n"
        "15:00 ♪紙の舟 / 藤\n20:00 ♪白い風 / 藤",
        [
            song("5:12", "夜明けの歌", "青井ソラ"),
            talk("7:30"),
            song("10:20", "海と猫", "月見団子"),
            song("15:00", "紙の舟", "藤"),
            song("20:00", "白い風", "藤"),
        ],
    ),
    "encore on its own line": (
        "5:12 夜明けの歌 / 青井ソラ\n10:20 海と猫 / 月見団子\n【アンコール】\n50:00 紙の舟 / 藤",
        [
            song("5:12", "夜明けの歌", "青井ソラ"),
            song("10:20", "海と猫", "月見団子"),
            song("50:00", "紙の舟", "藤"),
        ],
    ),
    "encore before the name": (
        "5:12 Morning Glass / The Lanterns\n50:00 Encore: Paper Boats / Ida Holm\n"
        "55:00 【アンコール】海と猫 / 月見団子",
        [
            song("5:12", "Morning Glass", "The Lanterns"),
            song("50:00", "Paper Boats", "Ida Holm"),
            song("55:00", "海と猫", "月見団子"),
        ],
    ),
    "encore with a stamp": (
        "5:12 夜明けの歌 / 青井ソラ\n48:00 アンコール\n50:00 紙の舟 / 藤",
        [song("5:12", "夜明けの歌", "青井ソラ"), talk("48:00"), song("50:00", "紙の舟", "藤")],
    ),
    "medley": (
        "5:12 夏メドレー（夜明けの歌〜海と猫）\n30:00 夜明けの歌 ～ 32:10 海と猫 ～ 34:00 紙の舟",
        [
            song("5:12", "夏メドレー（夜明けの歌〜海と猫）"),
            song("30:00", "夜明けの歌"),
            song("32:10", "海と猫"),
            song("34:00", "紙の舟"),
        ],
    ),
    "emoji and arrows": (
        "🎤 5:12 → Morning Glass / The Lanterns 🎶\n🎤 10:20 → Paper Boats / Ida Holm 🎶✨",
        [
            song("5:12", "Morning Glass", "The Lanterns"),
            song("10:20", "Paper Boats", "Ida Holm"),
        ],
    ),
    "tree drawing": (
        "├ 5:12 夜明けの歌 / 青井ソラ\n├ 10:20 海と猫 / 月見団子\n└ 15:00 紙の舟 / 藤",
        [
            song("5:12", "夜明けの歌", "青井ソラ"),
            song("10:20", "海と猫", "月見団子"),
            song("15:00", "紙の舟", "藤"),
        ],
    ),
    "artist first, shown by repetition": (
        "5:12 The Lanterns - Morning Glass\n10:20 Ida Holm - Paper Boats\n"
        "15:00 The Lanterns - Seven Rivers\n20:00 The Lanterns - White Wind",
        [
            song("5:12", "Morning Glass", "The Lanterns"),
            song("10:20", "Paper Boats", "Ida Holm"),
            song("15:00", "Seven Rivers", "The Lanterns"),
            song("20:00", "White Wind", "The Lanterns"),
        ],
    ),
    "artists in parentheses": (
        "5:12 夜明けの歌（青井ソラ）\n10:20 海と猫（月見団子）\n15:00 紙の舟（藤）",
        [
            song("5:12", "夜明けの歌", "青井ソラ"),
            song("10:20", "海と猫", "月見団子"),
            song("15:00", "紙の舟", "藤"),
        ],
    ),
    "versions in parentheses": (
        "5:12 Morning Glass (acoustic ver.)\n10:20 Paper Boats (short ver.)",
        [
            song("5:12", "Morning Glass (acoustic ver.)"),
            song("10:20", "Paper Boats (short ver.)"),
        ],
    ),
    "artist on the next line": (
        "5:12 夜明けの歌\n青井ソラ\n10:20 海と猫\n月見団子",
        [song("5:12", "夜明けの歌", "青井ソラ"), song("10:20", "海と猫", "月見団子")],
    ),
    "subtitle dashes and clock times in titles": (
        "5:12 glowing -グロウイング- / T.M.Ida\n10:20 5:00AM / someone\n15:00 Q&A / 藤",
        [
            song("5:12", "glowing -グロウイング-", "T.M.Ida"),
            song("10:20", "5:00AM", "someone"),
            song("15:00", "Q&A", "藤"),
        ],
    ),
    "headlines with triangles and counted notes": (
        "▼START 0:03:21\n♪1 0:08:45 夜明けの歌 (青井ソラ)\n"
        "♪2 0:14:02 海と猫 (月見団子)\n▼END 1:30:00",
        [
            talk("3:21"),
            song("8:45", "夜明けの歌", "青井ソラ"),
            song("14:02", "海と猫", "月見団子"),
            talk("1:30:00"),
        ],
    ),
    "parenthesised artists among remarks": (
        "0:00 Intro\n2:13 Say hi to chat\n5:40 Paper Boats (Ida Holm)\n"
        "10:12 Morning Glass (The Lanterns)\n18:50 She talks about her cat\n"
        "21:00 Seven Rivers (Ida Holm)\n28:40 White Wind (Olm) [first time!]",
        [
            talk("0:00"),
            talk("2:13"),
            song("5:40", "Paper Boats", "Ida Holm"),
            song("10:12", "Morning Glass", "The Lanterns"),
            talk("18:50"),
            song("21:00", "Seven Rivers", "Ida Holm"),
            song("28:40", "White Wind", "Olm"),
        ],
    ),
    "titles that end like remarks": (
        "5:12 Undercover / Ida Holm\n10:20 最初 / 藤\n15:00 Monkey / Olm\n20:00 Something New / 藤",
        [
            song("5:12", "Undercover", "Ida Holm"),
            song("10:20", "最初", "藤"),
            song("15:00", "Monkey", "Olm"),
            song("20:00", "Something New", "藤"),
        ],
    ),
    "by": (
        "5:12 Morning Glass by The Lanterns\n10:20 Paper Boats by Ida Holm",
        [
            song("5:12", "Morning Glass", "The Lanterns"),
            song("10:20", "Paper Boats", "Ida Holm"),
        ],
    ),
    "title, artist, source": (
        "5:12 夜明けの歌 / 青井ソラ / アニメ「空の庭」OP\n10:20 海と猫 / 月見団子 / 映画",
        [song("5:12", "夜明けの歌", "青井ソラ"), song("10:20", "海と猫", "月見団子")],
    ),
    "keys and remarks behind": (
        "5:12 夜明けの歌 / 青井ソラ (key-2)\n10:20 海と猫 / 月見団子【初披露】\n"
        "15:00 紙の舟 / 藤 ★",
        [
            song("5:12", "夜明けの歌", "青井ソラ"),
            song("10:20", "海と猫", "月見団子"),
            song("15:00", "紙の舟", "藤"),
        ],
    ),
    "slashes inside names": (
        "5:12 1/3の海/青井ソラ\n10:20 Thunder Road - AB/CD",
        [song("5:12", "1/3の海", "青井ソラ"), song("10:20", "Thunder Road", "AB/CD")],
    ),
    "hours spelt out": (
        "0時間5分12秒 夜明けの歌 / 青井ソラ\n1時間2分3秒 海と猫 / 月見団子\n1h10m05s 紙の舟 / 藤",
        [
            song("5:12", "夜明けの歌", "青井ソラ"),
            song("1:02:03", "海と猫", "月見団子"),
            song("1:10:05", "紙の舟", "藤"),
        ],
    ),
    "minutes beyond an hour": (
        "62:03 夜明けの歌 / 青井ソラ\n125:30 海と猫 / 月見団子",
        [song("1:02:03", "夜明けの歌", "青井ソラ"), song("2:05:30", "海と猫", "月見団子")],
    ),
    "pipes": (
        "0:05:12 | Morning Glass | The Lanterns\n0:10:20 | Paper Boats | Ida Holm",
        [
            song("5:12", "Morning Glass", "The Lanterns"),
            song("10:20", "Paper Boats", "Ida Holm"),
        ],
    ),
    "talk with an artist is a song": (
        "5:12 Opening / The Lanterns\n10:20 Talk / Ida Holm\n15:00 Opening",
        [song("5:12", "Opening", "The Lanterns"), song("10:20", "Talk", "Ida Holm"), talk("15:00")],
    ),
    "dates and scores are not stamps": (
        "2024/05/12 歌枠\n勝率 3:2:1:0\n5:12 夜明けの歌 / 青井ソラ\n10:20 海と猫 / 月見団子",
        [song("5:12", "夜明けの歌", "青井ソラ"), song("10:20", "海と猫", "月見団子")],
    ),
    "invisible direction marks": (
        "\u200e5:12\u200e 夜明けの歌 / 青井ソラ\n\ufeff10:20\u3000海と猫 / 月見団子",
        [song("5:12", "夜明けの歌", "青井ソラ"), song("10:20", "海と猫", "月見団子")],
    ),
}
