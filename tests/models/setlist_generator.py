"""Setlists in the habits of many people, made by chance: the text and what a reader understands.

Every list takes one way to write times, numbers, separators, sides, remarks and talk. All names are
made up. The same seed gives the same lists.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

TITLES: dict[str, list[str]] = {
    "ja": [
        "夜明けの坂道",
        "海と猫",
        "硝子の手紙",
        "最後の観覧車",
        "砂時計",
        "君へのうた",
        "雨あがりの駅",
        "紙の舟",
        "ハレノヒ",
        "スターライト・パレード",
        "恋ノ花",
        "7つの星",
        "ねがいごと",
        "Blue Letter",
        "透明な冬",
        "10年後の僕へ",
        "サヨナラ、またね。",
        "さくら坂 -spring mix-",
        "線香花火",
        "メロウ",
        "夜とネオン",
        "嘘つきのワルツ",
        "Dear my friend",
        "トワイライト",
        "おかえりの歌",
        "まほうのランプ",
        "銀河ステーション",
        "Re:Start",
        "傘",
        "&you",
    ],
    "en": [
        "Paper Boats",
        "Morning Glass",
        "Slow Tram",
        "Carousel Dust",
        "Seven Rivers",
        "White Wind",
        "Song for Nobody",
        "No. 9 Street",
        "Stand by the Sea",
        "Day by Day",
        "Don't Look Down",
        "1999",
        "I Will Wait for You",
        "Hello, Moon",
        "Ten Thousand Miles",
        "Red, Blue and Gold",
        "Lanterns (Part II)",
        "Half-Light",
        "What If?",
        "Goodnight, Marlow",
        "The Long Way Home",
        "Rain on Tin",
        "Gold",
        "Over & Over",
        "Talking Stars",
        "24 Hours",
        "Opening Night",
    ],
    "ko": [
        "종이배",
        "고양이와 바다",
        "유리 편지",
        "마지막 관람차",
        "새벽의 노래",
        "너에게",
        "봄날의 기차",
        "밤하늘",
        "안녕, 겨울",
        "파란 우산",
        "첫눈처럼",
        "우리의 계절",
    ],
    "zh": [
        "纸船",
        "海与猫",
        "玻璃信",
        "最后的摩天轮",
        "夜航",
        "白色的风",
        "下雨的车站",
        "七月半",
        "给你的歌",
        "橘子海",
        "慢慢走",
        "银河以北",
    ],
}
ARTISTS: dict[str, list[str]] = {
    "ja": [
        "青井ソラ",
        "月見団子",
        "ホシゾラ楽団",
        "藤",
        "Lily*Rose",
        "シロクマP",
        "水無瀬ゆい",
        "THE ORBITS",
        "ナナイロ",
        "猫町はち",
        "Ao.",
        "白夜行路",
    ],
    "en": [
        "Ida Holm",
        "The Lanterns",
        "Mira Vale",
        "Olm",
        "Rook & Sons",
        "Sol",
        "DJ Pine",
        "Harbor Lights",
        "T.M. Ida",
        "Juno Park",
        "AB/CD",
        "Kestrel",
    ],
    "ko": ["하늘빛", "달맞이", "별무리", "이다", "소라", "구름밴드", "윤슬"],
    "zh": ["林夏", "月饼乐队", "星空", "陈南", "林小舟", "周小满", "北岸"],
}
TALK: dict[str, tuple[list[str], list[str], list[str]]] = {
    "ja": (
        ["待機画面", "開始", "オープニング", "ご挨拶"],
        ["雑談", "MC", "お知らせ", "水分補給"],
        ["告知", "終了", "エンディング", "スパチャ読み"],
    ),
    "en": (
        ["Stream starts", "Intro", "Waiting screen"],
        ["Chatting", "Talk", "Break"],
        ["Superchat reading", "Ending", "Outro"],
    ),
    "ko": (["방송 시작", "오프닝"], ["잡담", "토크"], ["엔딩", "방송 종료"]),
    "zh": (["开场", "开始"], ["杂谈", "聊天"], ["下播", "感谢SC"]),
}
HEADINGS = {
    "ja": ["セトリ", "【セットリスト】", "タイムスタンプ", "本日の歌", ""],
    "en": ["🎵 SETLIST 🎵", "Setlist:", "Timestamps", "Songs", ""],
    "ko": ["타임스탬프", "셋리스트", "노래 목록", ""],
    "zh": ["歌单：", "时间轴", ""],
}
REMARKS = {
    "ja": ["くしゃみ助かる", "噛んだｗ", "ここ好き", "ロングトーン！", "草", "かわいい"],
    "en": ["lol that sneeze", "her laugh", "so cute", "voice crack", "I cried", "the high note!!"],
    "ko": ["ㅋㅋㅋ", "귀여워", "재채기", "고음 미쳤다"],
    "zh": ["哈哈哈", "可爱", "打喷嚏", "高音好听"],
}
NOTES = {
    "ja": [
        "（初披露）",
        "（2回目）",
        " ※1番のみ",
        "【リクエスト】",
        "(key-2)",
        "（アカペラ）",
        " ★",
        "《初披露》",
        "（ショート）",
        " ←神",
    ],
    "en": [
        " (Acapella)",
        " (first time!)",
        " [request]",
        " (key +1)",
        " 🎶",
        " (short ver.)",
        " *retry",
        " (Incomplete)",
    ],
    "ko": [" (신청곡)", " (처음)", " ★"],
    "zh": ["（首次）", "（清唱）", "（点歌）", " ♪"],
}

_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮"
_KANJI = [
    "一",
    "二",
    "三",
    "四",
    "五",
    "六",
    "七",
    "八",
    "九",
    "十",
    "十一",
    "十二",
    "十三",
    "十四",
    "十五",
]
_ROMAN = [
    "I",
    "II",
    "III",
    "IV",
    "V",
    "VI",
    "VII",
    "VIII",
    "IX",
    "X",
    "XI",
    "XII",
    "XIII",
    "XIV",
    "XV",
]

NUMBERINGS: dict[str, Callable[[int], str]] = {
    "1. ": lambda n: f"{n}. ",
    "01. ": lambda n: f"{n:02}. ",
    "01 ": lambda n: f"{n:02} ",
    "1) ": lambda n: f"{n}) ",
    "(1) ": lambda n: f"({n}) ",
    "[1] ": lambda n: f"[{n}] ",
    "#1 ": lambda n: f"#{n} ",
    "#1: ": lambda n: f"#{n}: ",
    "No.1 ": lambda n: f"No.{n} ",
    "1、": lambda n: f"{n}、",
    "1．": lambda n: f"{n}．",
    "1曲目 ": lambda n: f"{n}曲目 ",
    "1曲目：": lambda n: f"{n}曲目：",
    "第1首 ": lambda n: f"第{n}首 ",
    "circled": lambda n: _CIRCLED[n - 1],
    "keycap": lambda n: "".join(f"{digit}\ufe0f\u20e3" for digit in str(n)) + " ",
    "一、": lambda n: f"{_KANJI[n - 1]}、",
    "I. ": lambda n: f"{_ROMAN[n - 1]}. ",
    "M1 ": lambda n: f"M{n} ",
    "M-01 ": lambda n: f"M-{n:02} ",
    "♪1 ": lambda n: f"♪{n} ",
    "♪01｜": lambda n: f"♪{n:02}｜",
    "01_": lambda n: f"{n:02}_",
    "1 - ": lambda n: f"{n} - ",
    "01 / ": lambda n: f"{n:02} / ",
    "1｜": lambda n: f"{n}｜",
    "1: ": lambda n: f"{n}: ",
    "Track 1: ": lambda n: f"Track {n}: ",
    "Song #1 - ": lambda n: f"Song #{n} - ",
    "1곡 ": lambda n: f"{n}곡 ",
    "Bài 1: ": lambda n: f"Bài {n}: ",
    "【1】": lambda n: f"【{n}】",
    "<1> ": lambda n: f"<{n}> ",
    "1番 ": lambda n: f"{n}番 ",
    "1> ": lambda n: f"{n}> ",
    "A. ": lambda n: f"{chr(64 + n)}. ",
    "🎵1. ": lambda n: f"🎵{n}. ",
    "１．": lambda n: "".join(chr(0xFF10 + int(d)) for d in str(n)) + "．",
}  # fmt: skip


def _hms(t: int) -> tuple[int, int, int]:
    return t // 3600, t // 60 % 60, t % 60


def _short(t: int) -> str:
    h, m, s = _hms(t)
    return f"{h}:{m:02}:{s:02}" if h else f"{m}:{s:02}"


def _long(t: int) -> str:
    h, m, s = _hms(t)
    return f"{h}:{m:02}:{s:02}"


def _wide(t: int) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if c in "0123456789:" else c for c in _long(t))


CLOCKS: dict[str, Callable[[int], str]] = {
    "short": _short,
    "long": _long,
    "padded": lambda t: "{:02}:{:02}:{:02}".format(*_hms(t)),
    "wide": _wide,
    "[square]": lambda t: f"[{_short(t)}]",
    "(round)": lambda t: f"({_long(t)})",
    "【heavy】": lambda t: f"【{_long(t)}】",
    "<angle>": lambda t: f"<{_short(t)}>",
    "dotted": lambda t: "{}.{:02}.{:02}".format(*_hms(t)),
    "spaced": lambda t: "{} : {:02} : {:02}".format(*_hms(t)),
    "primed": lambda t: f"{t // 60}'{t % 60:02}\"",
    "curly": lambda t: f"{t // 60}′{t % 60:02}″",
    "hms": lambda t: "{}h{:02}m{:02}s".format(*_hms(t)),
    "分秒": lambda t: (f"{t // 3600}時間" if t >= 3600 else "") + f"{t // 60 % 60}分{t % 60:02}秒",
    "분초": lambda t: f"{t // 60}분 {t % 60}초",
    "frames": lambda t: "{:02}:{:02}:{:02}:00".format(*_hms(t)),
    "lrc": lambda t: f"[{t // 60:02}:{t % 60:02}.00]",
    "minutes": lambda t: f"{t // 60}:{t % 60:02}",
    "link": lambda t: f"https://youtu.be/AbCdEfGhIjK?t={t}",
    "markdown": lambda t: f"[{_short(t)}](https://www.youtube.com/watch?v=AbCdEfGhIjK&t={t}s)",
    "semicolon": lambda t: "{};{:02};{:02}".format(*_hms(t)),
    "at": lambda t: f"at {_short(t)}",
    "Time:": lambda t: f"Time: {_short(t)}",
    "menit": lambda t: f"menit {_short(t)}",
    "→": lambda t: f"{_short(t)} →",
    "～": lambda t: f"{_short(t)}～",
    "🕐": lambda t: f"🕐 {_short(t)}",
}  # fmt: skip
USUAL_CLOCKS = ("short", "long", "padded", "[square]", "wide", "minutes")

RANGES: dict[str, Callable[[str, str], str]] = {
    "~": lambda a, b: f"{a}~{b}",
    " - ": lambda a, b: f"{a} - {b}",
    "～": lambda a, b: f"{a}～{b}",
    " ~ ": lambda a, b: f"{a} ~ {b}",
    "–": lambda a, b: f"{a}–{b}",
    " → ": lambda a, b: f"{a} → {b}",
    " ": lambda a, b: f"{a} {b}",
    "\t": lambda a, b: f"{a}\t{b}",
    " | ": lambda a, b: f"{a} | {b}",
    " to ": lambda a, b: f"{a} to {b}",
    ", ": lambda a, b: f"{a}, {b}",
    "Start End": lambda a, b: f"Start: {a} End: {b}",
    "(a-b)": lambda a, b: f"({a}-{b})",
    "[a] [b]": lambda a, b: f"[{a}] [{b}]",
}

Pair = Callable[[str, str], str]
PAIRS: dict[str, Pair] = {
    " / ": lambda t, a: f"{t} / {a}",
    "／": lambda t, a: f"{t}／{a}",
    " ／ ": lambda t, a: f"{t} ／ {a}",
    "/": lambda t, a: f"{t}/{a}",
    " - ": lambda t, a: f"{t} - {a}",
    " – ": lambda t, a: f"{t} – {a}",
    " — ": lambda t, a: f"{t} — {a}",
    " － ": lambda t, a: f"{t} － {a}",
    " ─ ": lambda t, a: f"{t} ─ {a}",
    " ⧸ ": lambda t, a: f"{t} ⧸ {a}",
    " // ": lambda t, a: f"{t} // {a}",
    " | ": lambda t, a: f"{t} | {a}",
    "｜": lambda t, a: f"{t}｜{a}",
    " │ ": lambda t, a: f"{t} │ {a}",
    "\t": lambda t, a: f"{t}\t{a}",
    " by ": lambda t, a: f"{t} by {a}",
    " ~ ": lambda t, a: f"{t} ~ {a}",
    " ・ ": lambda t, a: f"{t} ・ {a}",
    "\u3000": lambda t, a: f"{t}\u3000{a}",
    "(a)": lambda t, a: f"{t} ({a})",
    "（a）": lambda t, a: f"{t}（{a}）",
    "[a]": lambda t, a: f"{t} [{a}]",
    "【a】": lambda t, a: f"{t}【{a}】",
    "「t」a": lambda t, a: f"「{t}」{a}",
    "「t」/ a": lambda t, a: f"「{t}」/ {a}",
    "a「t」": lambda t, a: f"{a}「{t}」",
    "a『t』": lambda t, a: f"{a}『{t}』",
    "《t》a": lambda t, a: f"《{t}》{a}",
    "《t》- a": lambda t, a: f"《{t}》- {a}",
    "“t” - a": lambda t, a: f"“{t}” - {a}",
    '"t" by a': lambda t, a: f'"{t}" by {a}',
    "（原唱：a）": lambda t, a: f"{t}（原唱：{a}）",
    "（原曲：a）": lambda t, a: f"{t}（原曲：{a}）",
    "(Vo. a)": lambda t, a: f"{t} (Vo. {a})",
    " 歌：a": lambda t, a: f"{t} 歌：{a}",
    " / 歌：a": lambda t, a: f"{t} / 歌：{a}",
    "(by a)": lambda t, a: f"{t} (by {a})",
    "(Original: a)": lambda t, a: f"{t} (Original: {a})",
    "a - t": lambda t, a: f"{a} - {t}",
    "a / t": lambda t, a: f"{a} / {t}",
    "a : t": lambda t, a: f"{a} : {t}",
    "a：t": lambda t, a: f"{a}：{t}",
}  # fmt: skip
ARTIST_FIRST = ("a - t", "a / t", "a : t", "a：t")
BARE = "title alone"


@dataclass
class Made:
    """A list and its truth."""

    text: str
    truth: list[tuple[float, float | None, str, str]]
    style: dict[str, str] = field(default_factory=dict)


def make_list(seed: int) -> Made:
    """One list by chance, and what a reader understands of it."""
    rng = random.Random(seed)
    lang = rng.choice(["ja", "ja", "ja", "en", "en", "ko", "zh"])
    n = rng.choice([3, 4, 5, 6, 8, 10, 12])
    titles = rng.sample(TITLES[lang], min(n, len(TITLES[lang])))
    n = len(titles)
    artists = [rng.choice(ARTISTS[lang]) for _ in titles]
    clock_name = rng.choice(USUAL_CLOCKS) if rng.random() < 0.5 else rng.choice(list(CLOCKS))
    pair_name = (
        rng.choice([" / ", " - ", "／", BARE]) if rng.random() < 0.35 else rng.choice(list(PAIRS))
    )
    number_name = rng.choice(list(NUMBERINGS)) if rng.random() < 0.5 else ""
    layout = rng.choices(["head", "tail", "lone", "above"], [6, 2, 1, 0.5])[0]
    range_name = rng.choice(list(RANGES)) if rng.random() < 0.25 else ""
    style = _consistent(
        {
            "lang": lang, "clock": clock_name, "pair": pair_name, "number": number_name,
            "layout": layout, "range": range_name,
        }
    )  # fmt: skip
    if style["pair"] in ARTIST_FIRST:
        artists = _repeating(rng, lang, n)
    return _written(rng, style, titles, artists)


def _consistent(style: dict[str, str]) -> dict[str, str]:
    """Leave out what nobody could read: marks that cannot stand beside each other."""
    if style["range"]:
        if style["clock"] not in ("short", "long", "padded", "wide"):
            style["clock"] = "long"
        if style["layout"] != "head" and style["range"] in (" ", "\t", "Start End", ", "):
            style["layout"] = "head"
    elif style["clock"] in ("→", "～", "Time:", "semicolon", "frames", "lrc"):
        style["layout"] = "head"
    if style["pair"] == "/" and style["lang"] == "en":
        style["pair"] = " / "
    if style["lang"] == "en" and style["pair"] in ("\u3000", " 歌：a", "a：t"):
        style["pair"] = " - "
    if style["pair"] == " by " and style["lang"] != "en":
        style["pair"] = " / "
    return style


def _repeating(rng: random.Random, lang: str, n: int) -> list[str]:
    """Artists of whom at least one comes twice: what shows their side."""
    artists = [rng.choice(ARTISTS[lang]) for _ in range(n)]
    artists[-1] = artists[0]
    return artists


def _written(
    rng: random.Random, style: dict[str, str], titles: Sequence[str], artists: Sequence[str]
) -> Made:
    lang = style["lang"]
    pair = PAIRS.get(style["pair"], lambda t, _: t)
    number = NUMBERINGS.get(style["number"], lambda _: "")
    after_time = bool(style["number"]) and style["layout"] == "head" and rng.random() < 0.4
    start = rng.randrange(40, 900)
    lines: list[str] = []
    truth: list[tuple[float, float | None, str, str]] = []
    opening, middle, ending = TALK[lang]
    talks = rng.random() < 0.35
    remarks = rng.random() < 0.15 and style["pair"] != BARE and style["layout"] == "head"
    notes = rng.random() < 0.3 and style["pair"] in (" / ", " - ", "／", "「t」a", "｜", " – ")
    heading = rng.choice(HEADINGS[lang])
    if heading:
        lines.append(heading)
    if talks and start > 90 and style["layout"] in ("head", "tail"):
        lines.append(_line(style, rng.randrange(0, 40), None, rng.choice(opening), ""))
    at = start
    for index, (title, artist) in enumerate(zip(titles, artists, strict=True)):
        length = rng.randrange(150, 330)
        stop = at + length if style["range"] else None
        words = pair(title, artist)
        if notes and rng.random() < 0.5:
            words += rng.choice(NOTES[lang])
        lines.append(_line(style, at, stop, words, number(index + 1), after_time=after_time))
        shown = artist if style["pair"] != BARE else ""
        truth.append((float(at), float(stop) if stop else None, title, shown))
        if remarks and rng.random() < 0.4:
            time = CLOCKS[style["clock"]](at + rng.randrange(20, 70))
            lines.append(f"{rng.choice(['  ', '　└ ', ''])}{time} {rng.choice(REMARKS[lang])}")
        at += length + rng.randrange(15, 200)
        if talks and rng.random() < 0.2 and style["layout"] in ("head", "tail"):
            lines.append(_line(style, at, None, rng.choice(middle), ""))
            at += rng.randrange(100, 600)
    if talks and style["layout"] in ("head", "tail"):
        lines.append(_line(style, at, None, rng.choice(ending), ""))
    joint = "\n\n" if style["layout"] in ("lone", "above") else "\n"
    return Made(joint.join(lines), truth, {**style, "after_time": str(after_time)})


def _line(
    style: dict[str, str],
    at: int,
    stop: int | None,
    words: str,
    number: str,
    *,
    after_time: bool = False,
) -> str:
    clock = CLOCKS[style["clock"]]
    time = clock(at) if stop is None else RANGES[style["range"]](clock(at), clock(stop))
    if style["layout"] == "head":
        return f"{time} {number}{words}" if after_time else f"{number}{time} {words}"
    if style["layout"] == "tail":
        return f"{number}{words} {time}"
    return f"{time}\n{number}{words}" if style["layout"] == "lone" else f"{number}{words}\n{time}"
