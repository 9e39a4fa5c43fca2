"""More ways in which people write setlists: the text and the songs that a reader sees in it.

Titles and artists are invented. Each entry is the text and its songs
`(start_s, stop_s, title, artist)`.
"""

from __future__ import annotations

Song = tuple[float, float | None, str, str]

MORE_STYLES: dict[str, tuple[str, list[Song]]] = {
    "Russian with talk": (
        "Таймкоды:\n"
        "0:30 Начало\n"
        "5:12 Бумажный кораблик - Анна Лис\n"
        "10:20 Море и кошка - Звездочёт\n"
        "15:48 Стеклянное письмо - Анна Лис\n"
        "1:08:00 Конец",
        [
            (312.0, None, "Бумажный кораблик", "Анна Лис"),
            (620.0, None, "Море и кошка", "Звездочёт"),
            (948.0, None, "Стеклянное письмо", "Анна Лис"),
        ],
    ),
    "Thai": (
        "0:30 เปิดไลฟ์\n"
        "5:12 เรือกระดาษ - ดาวเหนือ\n"
        "10:20 ทะเลกับแมว - พระจันทร์\n"
        "15:48 จดหมายแก้ว - ดาวเหนือ",
        [
            (312.0, None, "เรือกระดาษ", "ดาวเหนือ"),
            (620.0, None, "ทะเลกับแมว", "พระจันทร์"),
            (948.0, None, "จดหมายแก้ว", "ดาวเหนือ"),
        ],
    ),
    "Spanish with quotes": (
        "Lista de canciones\n"
        "0:00 Bienvenida\n"
        '5:12 "Barco de Papel" de Ana Sol\n'
        '10:20 "El Mar y el Gato" de Luna\n'
        '15:48 "Carta de Vidrio" de Ana Sol',
        [
            (312.0, None, "Barco de Papel", "Ana Sol"),
            (620.0, None, "El Mar y el Gato", "Luna"),
            (948.0, None, "Carta de Vidrio", "Ana Sol"),
        ],
    ),
    "scores of a karaoke machine behind the artist": (
        "0:05:12 夜明けの坂道 / 青井ソラ 98.532点\n"
        "0:10:20 海と猫 / 月見団子 95.1点\n"
        "0:15:48 硝子の手紙 / 青井ソラ 92.005点",
        [
            (312.0, None, "夜明けの坂道", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
            (948.0, None, "硝子の手紙", "青井ソラ"),
        ],
    ),
    "who asked for the song, behind the artist": (
        "0:05:12 夜明けの坂道 / 青井ソラ（ミカンさんリクエスト）\n"
        "0:10:20 海と猫 / 月見団子（ぽんさんリクエスト）\n"
        "0:15:48 硝子の手紙 / 青井ソラ",
        [
            (312.0, None, "夜明けの坂道", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
            (948.0, None, "硝子の手紙", "青井ソラ"),
        ],
    ),
    "who sings, in front of the title": (
        "0:05:12 【ミツキ】夜明けの坂道 / 青井ソラ\n"
        "0:10:20 【ハル】海と猫 / 月見団子\n"
        "0:15:48 【2人】硝子の手紙 / 青井ソラ",
        [
            (312.0, None, "夜明けの坂道", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
            (948.0, None, "硝子の手紙", "青井ソラ"),
        ],
    ),
    "who sings, behind the artist": (
        "5:12 夜明けの坂道 / 青井ソラ (ミツキ&ハル)\n"
        "10:20 海と猫 / 月見団子 (ハル)\n"
        "15:48 硝子の手紙 / 青井ソラ (ミツキ)",
        [
            (312.0, None, "夜明けの坂道", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
            (948.0, None, "硝子の手紙", "青井ソラ"),
        ],
    ),
    "numbers that begin again in each section": (
        "【第一部】\n"
        "1. 0:05:12 夜明けの坂道 / 青井ソラ\n"
        "2. 0:10:20 海と猫 / 月見団子\n"
        "【第二部】\n"
        "1. 0:15:48 硝子の手紙 / 青井ソラ\n"
        "2. 1:02:03 最後の観覧車 / ホシゾラ楽団\n"
        "En. 1:10:00 砂時計 / 月見団子",
        [
            (312.0, None, "夜明けの坂道", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
            (948.0, None, "硝子の手紙", "青井ソラ"),
            (3723.0, None, "最後の観覧車", "ホシゾラ楽団"),
            (4200.0, None, "砂時計", "月見団子"),
        ],
    ),
    "the work a song is from, behind the artist": (
        "0:05:12 夜明けの坂道 / 青井ソラ（アニメ『空の庭』OP）\n"
        "0:10:20 海と猫 / 月見団子（映画「猫の海」主題歌）\n"
        "0:15:48 硝子の手紙 / 青井ソラ",
        [
            (312.0, None, "夜明けの坂道", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
            (948.0, None, "硝子の手紙", "青井ソラ"),
        ],
    ),
    "times without leading zeros": (
        "1:2:3 夜明けの坂道 / 青井ソラ\n1:10:5 海と猫 / 月見団子",
        [
            (3723.0, None, "夜明けの坂道", "青井ソラ"),
            (4205.0, None, "海と猫", "月見団子"),
        ],
    ),
    "a whole list on one line": (
        "セトリ 5:12 夜明けの坂道/青井ソラ、10:20 海と猫/月見団子、15:48 硝子の手紙/青井ソラ",
        [
            (312.0, None, "夜明けの坂道", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
            (948.0, None, "硝子の手紙", "青井ソラ"),
        ],
    ),
    "jokes only": (
        "0:12 she trips lol\n"
        '4:55 "I\'m not a cat"\n'
        "12:01 the scream\n"
        "33:20 bless you\n"
        "1:02:03 that note tho",
        [],
    ),
    "jokes with names in them": (
        "12:30 Gura bonks\n"
        "15:22 the mic falls over\n"
        "20:11 she gets scared\n"
        "44:10 Best girl confirmed",
        [],
    ),
    "Korean jokes only": (
        "3:11 ㅋㅋㅋㅋ\n10:20 귀여워\n15:30 여기 미쳤다",
        [],
    ),
    "sentences with clock times around the list": (
        "今日も最高の歌枠ありがとうございました！21:00から2時間あっという間でした\n"
        "セトリ置いておきます！間違いあったらすみません\n"
        "00:05:12 夜明けの坂道 / 青井ソラ\n"
        "00:10:20 海と猫 / 月見団子\n"
        "00:15:48 硝子の手紙 / 青井ソラ\n"
        "次回は5月3日20:30〜です",
        [
            (312.0, None, "夜明けの坂道", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
            (948.0, None, "硝子の手紙", "青井ソラ"),
        ],
    ),
    "bare titles among remarks": (
        "3:20 Paper Boats\n"
        "5:10 lol\n"
        "8:00 Morning Glass\n"
        "12:45 Slow Tram\n"
        "14:00 so cute!!\n"
        "18:20 Carousel Dust",
        [
            (200.0, None, "Paper Boats", ""),
            (480.0, None, "Morning Glass", ""),
            (765.0, None, "Slow Tram", ""),
            (1100.0, None, "Carousel Dust", ""),
        ],
    ),
    "dashes as bullets and as separators": (
        "- 5:12 Paper Boats - Ida Holm\n"
        "- 10:20 Morning Glass - The Lanterns\n"
        "- 15:48 Slow Tram - Ida Holm",
        [
            (312.0, None, "Paper Boats", "Ida Holm"),
            (620.0, None, "Morning Glass", "The Lanterns"),
            (948.0, None, "Slow Tram", "Ida Holm"),
        ],
    ),
    "hash numbers after the times": (
        "0:05:12 #1 夜明けの坂道\n0:10:20 #2 海と猫\n0:15:48 #3 硝子の手紙",
        [
            (312.0, None, "夜明けの坂道", ""),
            (620.0, None, "海と猫", ""),
            (948.0, None, "硝子の手紙", ""),
        ],
    ),
    "leaders of dots": (
        "夜明けの坂道 / 青井ソラ ........ 5:12\n"
        "海と猫 / 月見団子 ........ 10:20\n"
        "硝子の手紙 / 青井ソラ ...... 15:48",
        [
            (312.0, None, "夜明けの坂道", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
            (948.0, None, "硝子の手紙", "青井ソラ"),
        ],
    ),
    "leaders of middle dots": (
        "夜明けの坂道／青井ソラ・・・5:12\n海と猫／月見団子・・・10:20",
        [
            (312.0, None, "夜明けの坂道", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
        ],
    ),
    "the time in the middle column": (
        "夜明けの坂道 | 5:12 | 青井ソラ\n海と猫 | 10:20 | 月見団子\n硝子の手紙 | 15:48 | 青井ソラ",
        [
            (312.0, None, "夜明けの坂道", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
            (948.0, None, "硝子の手紙", "青井ソラ"),
        ],
    ),
    "a remark behind the time": (
        "Paper Boats 4:26 (Incomplete)\nMorning Glass 9:19\nSlow Tram 14:26 (Short ver.)",
        [
            (266.0, None, "Paper Boats", ""),
            (559.0, None, "Morning Glass", ""),
            (866.0, None, "Slow Tram", ""),
        ],
    ),
    "titles that are numbers and signs": (
        "0:05:12 39 / 藤\n0:10:20 1000 / 青井\n0:15:00 ＋ / 月見\n0:20:00 ? / ソラ",
        [
            (312.0, None, "39", "藤"),
            (620.0, None, "1000", "青井"),
            (900.0, None, "＋", "月見"),
            (1200.0, None, "?", "ソラ"),
        ],
    ),
    "HTML links and breaks": (
        '<a href="https://www.youtube.com/watch?v=x&amp;t=312">5:12<'
        "/a> Paper Boats - Ida Holm<br>"
        '<a href="https://www.youtube.com/watch?v=x&amp;t=620">10:20<'
        "/a> Morning Glass - The Lanterns<br>",
        [
            (312.0, None, "Paper Boats", "Ida Holm"),
            (620.0, None, "Morning Glass", "The Lanterns"),
        ],
    ),
    "a link in place of the time": (
        "https://www.youtube.com/watch?v=AbC&t=312s 夜明けの坂道 / 青井ソラ\n"
        "https://www.youtube.com/watch?v=AbC&t=620s 海と猫 / 月見団子",
        [
            (312.0, None, "夜明けの坂道", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
        ],
    ),
    "links that spell the time": (
        "Paper Boats - Ida Holm https://youtu.be/AbC?t=5m12s\n"
        "Morning Glass - The Lanterns https://youtu.be/AbC?t=10m20s",
        [
            (312.0, None, "Paper Boats", "Ida Holm"),
            (620.0, None, "Morning Glass", "The Lanterns"),
        ],
    ),
    "start and end on lines of their own": (
        "夜明けの坂道 / 青井ソラ\n"
        "開始 0:05:12\n"
        "終了 0:09:44\n"
        "\n"
        "海と猫 / 月見団子\n"
        "開始 0:10:20\n"
        "終了 0:14:55",
        [
            (312.0, 584.0, "夜明けの坂道", "青井ソラ"),
            (620.0, 895.0, "海と猫", "月見団子"),
        ],
    ),
    "title, artist and range on three lines": (
        "1. Paper Boats\n"
        "   Ida Holm\n"
        "   4:58 - 9:00\n"
        "2. Morning Glass\n"
        "   The Lanterns\n"
        "   9:19 - 14:00\n"
        "3. Slow Tram\n"
        "   Sol\n"
        "   14:26 - 18:00",
        [
            (298.0, 540.0, "Paper Boats", "Ida Holm"),
            (559.0, 840.0, "Morning Glass", "The Lanterns"),
            (866.0, 1080.0, "Slow Tram", "Sol"),
        ],
    ),
    "a heading that names the sides": (
        "アーティスト / 曲名\n5:12 青井ソラ / 夜明けの坂道\n10:20 月見団子 / 海と猫",
        [
            (312.0, None, "夜明けの坂道", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
        ],
    ),
    "comma-separated columns with a heading": (
        "start,end,artist,title\n"
        "4:58,8:30,Ida Holm,Paper Boats\n"
        "9:19,13:00,The Lanterns,Morning Glass\n"
        "14:26,18:00,Sol,Slow Tram",
        [
            (298.0, 510.0, "Paper Boats", "Ida Holm"),
            (559.0, 780.0, "Morning Glass", "The Lanterns"),
            (866.0, 1080.0, "Slow Tram", "Sol"),
        ],
    ),
    "tab-separated columns with a heading": (
        "No\t開始\t終了\t曲名\t歌手\n"
        "1\t0:05:12\t0:09:44\t夜明けの坂道\t青井ソラ\n"
        "2\t0:10:20\t0:14:55\t海と猫\t月見団子",
        [
            (312.0, 584.0, "夜明けの坂道", "青井ソラ"),
            (620.0, 895.0, "海と猫", "月見団子"),
        ],
    ),
    "a Markdown table with the artist first": (
        "| Time | Artist | Title |\n"
        "|---|---|---|\n"
        "| 4:58 | Ida Holm | Paper Boats |\n"
        "| 9:19 | The Lanterns | Morning Glass |",
        [
            (298.0, None, "Paper Boats", "Ida Holm"),
            (559.0, None, "Morning Glass", "The Lanterns"),
        ],
    ),
    "the same song twice": (
        "5:12 夜明けの坂道/青井ソラ(1回目)\n"
        "10:20 海と猫/月見団子\n"
        "15:48 夜明けの坂道/青井ソラ(2回目)",
        [
            (312.0, None, "夜明けの坂道", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
            (948.0, None, "夜明けの坂道", "青井ソラ"),
        ],
    ),
    "covers as chapters": (
        "0:00 Intro\n"
        "0:45 Just chatting about the week\n"
        "5:12 Paper Boats (Ida Holm cover)\n"
        "10:20 Morning Glass (The Lanterns cover)\n"
        "15:48 Slow Tram (Ida Holm cover)\n"
        "20:00 Outro & announcements",
        [
            (312.0, None, "Paper Boats", "Ida Holm"),
            (620.0, None, "Morning Glass", "The Lanterns"),
            (948.0, None, "Slow Tram", "Ida Holm"),
        ],
    ),
    "the original singer without a colon": (
        "5:12 纸船（原唱 林夏）\n10:20 海与猫（原唱 月饼乐队）",
        [
            (312.0, None, "纸船", "林夏"),
            (620.0, None, "海与猫", "月饼乐队"),
        ],
    ),
    "numbered parts and close hyphens": (
        "P1 00:05:12 纸船-林夏\nP2 00:10:20 海与猫-月饼乐队\nP3 00:15:48 玻璃信-林夏",
        [
            (312.0, None, "纸船", "林夏"),
            (620.0, None, "海与猫", "月饼乐队"),
            (948.0, None, "玻璃信", "林夏"),
        ],
    ),
    "book marks and a long dash": (
        "00:05:12《纸船》——林夏\n00:10:20《海与猫》——月饼乐队",
        [
            (312.0, None, "纸船", "林夏"),
            (620.0, None, "海与猫", "月饼乐队"),
        ],
    ),
    "signs of the singers behind the artist": (
        "0:05:12 夜明けの坂道 / 青井ソラ 🎀\n0:10:20 海と猫 / 月見団子 🐱🎀",
        [
            (312.0, None, "夜明けの坂道", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
        ],
    ),
    "keys behind the artist": (
        "0:05:12 夜明けの坂道 / 青井ソラ -2\n"
        "0:10:20 海と猫 / 月見団子 +3\n"
        "0:15:48 硝子の手紙 / 青井ソラ ±0",
        [
            (312.0, None, "夜明けの坂道", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
            (948.0, None, "硝子の手紙", "青井ソラ"),
        ],
    ),
    "arrows as bullets": (
        "聴き返し用です\n"
        "→5:12 夜明けの坂道(青井ソラ)\n"
        "→10:20 海と猫(月見団子)\n"
        "→15:48 硝子の手紙(青井ソラ)\n"
        "途中までしか書けてません",
        [
            (312.0, None, "夜明けの坂道", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
            (948.0, None, "硝子の手紙", "青井ソラ"),
        ],
    ),
    "lengths before the starts": (
        "1. Paper Boats - Ida Holm [4:05] @ 0:30\n"
        "2. Slow Tram - Sol [3:50] @ 5:10\n"
        "3. Morning Glass - Sol [3:12] @ 9:40",
        [
            (30.0, None, "Paper Boats", "Ida Holm"),
            (310.0, None, "Slow Tram", "Sol"),
            (580.0, None, "Morning Glass", "Sol"),
        ],
    ),
    "a column of lengths": (
        "0:30 | 4:05 | Paper Boats | Ida Holm\n"
        "5:10 | 3:50 | Slow Tram | Sol\n"
        "9:40 | 3:12 | Morning Glass | Sol",
        [
            (30.0, None, "Paper Boats", "Ida Holm"),
            (310.0, None, "Slow Tram", "Sol"),
            (580.0, None, "Morning Glass", "Sol"),
        ],
    ),
    "title and artist on indented lines below": (
        "0:05:12\n\u3000夜明けの坂道\n\u3000青井ソラ\n0:10:20\n\u3000海と猫\n\u3000月見団子",
        [
            (312.0, None, "夜明けの坂道", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
        ],
    ),
    "two songs on a line": (
        "0:05:12 夜明けの坂道\u30000:10:20 海と猫\n0:15:48 硝子の手紙\u30001:02:03 最後の観覧車",
        [
            (312.0, None, "夜明けの坂道", ""),
            (620.0, None, "海と猫", ""),
            (948.0, None, "硝子の手紙", ""),
            (3723.0, None, "最後の観覧車", ""),
        ],
    ),
    "an arrow with a remark": (
        "5:12〜 夜明けの坂道 / 青井ソラ ←ここから音質改善\n10:20〜 海と猫 / 月見団子",
        [
            (312.0, None, "夜明けの坂道", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
        ],
    ),
    "quotations": (
        '20:15 "and that\'s why I never eat soup"\n31:02 her laugh at 31:05 kills me',
        [],
    ),
    "talk that a dash divides": (
        "0:00 Stream start - waiting\n"
        "3:10 Zatsudan - her weekend\n"
        "5:12 Paper Boats - Ida Holm\n"
        "10:20 Morning Glass - The Lanterns\n"
        "15:48 Slow Tram - Ida Holm\n"
        "1:20:00 Ending talk - thanks",
        [
            (312.0, None, "Paper Boats", "Ida Holm"),
            (620.0, None, "Morning Glass", "The Lanterns"),
            (948.0, None, "Slow Tram", "Ida Holm"),
        ],
    ),
    "subtitles between tildes": (
        "5:12 夜明けの坂道 ～Another Story～ / 青井ソラ\n10:20 海と猫 〜remix〜 / 月見団子",
        [
            (312.0, None, "夜明けの坂道 ～Another Story～", "青井ソラ"),
            (620.0, None, "海と猫 〜remix〜", "月見団子"),
        ],
    ),
    "versions and who asked, without brackets": (
        "5:12 Paper Boats - Ida Holm acoustic ver.\n"
        "10:20 Morning Glass - piano version\n"
        "15:48 Slow Tram - The Lanterns - short ver.\n"
        "20:00 Night Ferry - Ida Holm req by someone\n"
        "25:00 海と猫 - 月見団子 リクエスト：たろう\n"
        "30:00 纸船 - 林小雨 钢琴版\n"
        "35:00 玻璃信 - 林小雨 点歌：小明\n"
        "40:00 夜明けの歌 - 青井ソラ ×2",
        [
            (312.0, None, "Paper Boats", "Ida Holm"),
            (620.0, None, "Morning Glass", ""),
            (948.0, None, "Slow Tram", "The Lanterns"),
            (1200.0, None, "Night Ferry", "Ida Holm"),
            (1500.0, None, "海と猫", "月見団子"),
            (1800.0, None, "纸船", "林小雨"),
            (2100.0, None, "玻璃信", "林小雨"),
            (2400.0, None, "夜明けの歌", "青井ソラ"),
        ],
    ),
    "talk of several kinds": (
        "3:00 雑談・告知\n5:12 夜明けの歌\n10:20 海と猫\n15:00 スパチャ読みと雑談\n"
        "15:48 あなたとわたし\n20:00 raid + outro",
        [
            (312.0, None, "夜明けの歌", ""),
            (620.0, None, "海と猫", ""),
            (948.0, None, "あなたとわたし", ""),
        ],
    ),
    "half-width corner brackets": (
        "5:12 ｢夜明けの歌｣ 青井ソラ\n10:20 ｢海と猫｣ 月見団子",
        [(312.0, None, "夜明けの歌", "青井ソラ"), (620.0, None, "海と猫", "月見団子")],
    ),
    "arrows beside times and between names": (
        "▶5:12◀ 夜明けの歌／青井ソラ\n▶10:20◀ 海と猫／月見団子\n▶15:48◀ 紙の舟／藤",
        [
            (312.0, None, "夜明けの歌", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
            (948.0, None, "紙の舟", "藤"),
        ],
    ),
    "triangles": (
        "5:12 ▷ 夜明けの歌 ▷ 青井ソラ\n10:20 ▷ 海と猫 ▷ 月見団子\n15:48 ▷ 紙の舟 ▷ 藤",
        [
            (312.0, None, "夜明けの歌", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
            (948.0, None, "紙の舟", "藤"),
        ],
    ),
    "numbers also before talk": (
        "1) 5:12 - Paper Boats (Ida Holm)\n2) 10:20 - Morning Glass (The Lanterns)\n"
        "3) 15:48 - charla\n4) 20:00 - Slow Tram (Ida Holm)",
        [
            (312.0, None, "Paper Boats", "Ida Holm"),
            (620.0, None, "Morning Glass", "The Lanterns"),
            (1200.0, None, "Slow Tram", "Ida Holm"),
        ],
    ),
    "tags of talk and hearts": (
        "5:12 [SONG] Paper Boats (Ida Holm) <3\n10:20 [TALK] about her trip\n"
        "15:48 [SONG] Morning Glass (The Lanterns) <3\n20:00 [SONG] Slow Tram (Ida Holm)",
        [
            (312.0, None, "Paper Boats", "Ida Holm"),
            (948.0, None, "Morning Glass", "The Lanterns"),
            (1200.0, None, "Slow Tram", "Ida Holm"),
        ],
    ),
    "notes around, artists in brackets": (
        "5:12 ♪夜明けの歌(青井ソラ)♪\n10:20 ♪海と猫(月見団子)♪\n14:00 水飲みタイム\n"
        "15:48 ♪紙の舟(藤)♪",
        [
            (312.0, None, "夜明けの歌", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
            (948.0, None, "紙の舟", "藤"),
        ],
    ),
    "polite": (
        "5:12 夜明けの歌/青井ソラさん\n10:20 海と猫/月見団子さん\n15:48 紙の舟/藤野様",
        [
            (312.0, None, "夜明けの歌", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
            (948.0, None, "紙の舟", "藤野"),
        ],
    ),
    "originals in brackets of two kinds": (
        "5:12 Paper Boats (orig: Ida Holm)\n10:20 Morning Glass [orig. The Lanterns]",
        [
            (312.0, None, "Paper Boats", "Ida Holm"),
            (620.0, None, "Morning Glass", "The Lanterns"),
        ],
    ),
    "artists in brackets that look like versions, and languages": (
        "5:12 Paper Boats (Ida Holm) [JP]\n10:20 Morning Glass (The Lanterns) [ES]\n"
        "15:48 Slow Tram (Ed Nyman) [EN]\n20:00 Night Ferry (Tall Mix)\n"
        "25:00 Harbour (Kanashii Anime OP)",
        [
            (312.0, None, "Paper Boats", "Ida Holm"),
            (620.0, None, "Morning Glass", "The Lanterns"),
            (948.0, None, "Slow Tram", "Ed Nyman"),
            (1200.0, None, "Night Ferry", "Tall Mix"),
            (1500.0, None, "Harbour (Kanashii Anime OP)", ""),
        ],
    ),
    "a song or talk, by the word before": (
        "5:12 歌：夜明けの歌\n10:20 歌：海と猫\n14:00 話：最近のこと\n15:48 歌：紙の舟",
        [
            (312.0, None, "夜明けの歌", ""),
            (620.0, None, "海と猫", ""),
            (948.0, None, "紙の舟", ""),
        ],
    ),
    "artists in square brackets behind a dash": (
        "[5:12] Paper Boats - [Ida Holm]\n[10:20] Morning Glass - [The Lanterns]",
        [
            (312.0, None, "Paper Boats", "Ida Holm"),
            (620.0, None, "Morning Glass", "The Lanterns"),
        ],
    ),
    "an x between title and artist": (
        "5:12 夜明けの歌 x 青井ソラ\n10:20 海と猫 x 月見団子\n15:48 紙の舟 x 藤",
        [
            (312.0, None, "夜明けの歌", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
            (948.0, None, "紙の舟", "藤"),
        ],
    ),
    "ends with a word": (
        "5:12 夜明けの歌 / 青井ソラ　9:50 終\n10:20 海と猫 / 月見団子　14:55 終\n"
        "15:48 紙の舟 / 藤　20:10 終",
        [
            (312.0, 590.0, "夜明けの歌", "青井ソラ"),
            (620.0, 895.0, "海と猫", "月見団子"),
            (948.0, 1210.0, "紙の舟", "藤"),
        ],
    ),
    "own songs among covers": (
        "5:12 夜明けの歌／青井ソラ　cover\n10:20 オリ曲『星の海』\n15:48 紙の舟／藤　cover\n"
        "20:00 オリジナル曲：夜の船",
        [
            (312.0, None, "夜明けの歌", "青井ソラ"),
            (620.0, None, "星の海", ""),
            (948.0, None, "紙の舟", "藤"),
            (1200.0, None, "夜の船", ""),
        ],
    ),
    "how it sounded": (
        "2:10 音が小さい\n3:30 音量直った\n5:12 夜明けの歌\n9:00 エコー強め\n10:20 海と猫\n"
        "15:48 紙の舟\n17:00 カラオケ音源止まる",
        [
            (312.0, None, "夜明けの歌", ""),
            (620.0, None, "海と猫", ""),
            (948.0, None, "紙の舟", ""),
        ],
    ),
    "remarks on songs in brackets": (
        "Timestamps\n5:12 Paper Boats (so good)\n10:20 Morning Glass (she cried)\n"
        "15:48 Slow Tram (voice crack at 17:10)",
        [
            (312.0, None, "Paper Boats", ""),
            (620.0, None, "Morning Glass", ""),
            (948.0, None, "Slow Tram", ""),
        ],
    ),
    "the last one by a word": (
        "5:12 1曲目 夜明けの歌\n10:20 2曲目 海と猫\n15:48 ラスト 紙の舟\n20:00 アンコール 白い風",
        [
            (312.0, None, "夜明けの歌", ""),
            (620.0, None, "海と猫", ""),
            (948.0, None, "紙の舟", ""),
            (1200.0, None, "白い風", ""),
        ],
    ),
    "between warming up": (
        "5:12 Paper Boats (acapella)\n8:00 humming\n9:00 guitar tuning\n10:20 Morning Glass\n"
        "15:00 vocal warm up\n15:48 Slow Tram",
        [
            (312.0, None, "Paper Boats (acapella)", ""),
            (620.0, None, "Morning Glass", ""),
            (948.0, None, "Slow Tram", ""),
        ],
    ),
    "a colon behind the time": (
        "5:12: Paper Boats - Ida Holm\n"
        "10:20: Morning Glass - The Lanterns\n"
        "1:15:48: Glass Letter - Ida Holm",
        [
            (312.0, None, "Paper Boats", "Ida Holm"),
            (620.0, None, "Morning Glass", "The Lanterns"),
            (4548.0, None, "Glass Letter", "Ida Holm"),
        ],
    ),
    "a full-width colon behind the time, a dash between": (
        "05:12：夜航—林小舟\n10:20：白色的风—陈南\n15:48：玻璃信—林小舟",
        [
            (312.0, None, "夜航", "林小舟"),
            (620.0, None, "白色的风", "陈南"),
            (948.0, None, "玻璃信", "林小舟"),
        ],
    ),
    "a colon behind the time, titles of digits": (
        "5:12: 99 Balloons - A\n10:20: 7 Seconds - B\n15:48: Glass - C",
        [
            (312.0, None, "99 Balloons", "A"),
            (620.0, None, "7 Seconds", "B"),
            (948.0, None, "Glass", "C"),
        ],
    ),
    "who asked for the song, in Chinese": (
        "05:12 夜航（点歌：小明）\n10:20 白色的风（舰长点歌）\n15:48 玻璃信（SC）",
        [
            (312.0, None, "夜航", ""),
            (620.0, None, "白色的风", ""),
            (948.0, None, "玻璃信", ""),
        ],
    ),
    "signs around all": (
        "♡5:12 夜明けの坂道♡\n♡10:20 海と猫♡\n♡15:48 硝子の手紙♡",
        [
            (312.0, None, "夜明けの坂道", ""),
            (620.0, None, "海と猫", ""),
            (948.0, None, "硝子の手紙", ""),
        ],
    ),
    "signs around all titles": (
        "5:12 ★夜明けの坂道★\n10:20 ★海と猫★\n15:48 ★硝子の手紙★",
        [
            (312.0, None, "夜明けの坂道", ""),
            (620.0, None, "海と猫", ""),
            (948.0, None, "硝子の手紙", ""),
        ],
    ),
    "a sign that belongs to one title": (
        "5:12 恋して♡\n10:20 海と猫\n15:48 硝子の手紙",
        [
            (312.0, None, "恋して♡", ""),
            (620.0, None, "海と猫", ""),
            (948.0, None, "硝子の手紙", ""),
        ],
    ),
    "own songs, in brackets": (
        "5:12 Paper Boats [original]\n"
        "10:20 Morning Glass (original song)\n"
        "15:48 Glass Letter - Ida Holm\n"
        "20:00 夜明けの坂道（オリ曲）\n"
        "25:00 海と猫（原创）",
        [
            (312.0, None, "Paper Boats", ""),
            (620.0, None, "Morning Glass", ""),
            (948.0, None, "Glass Letter", "Ida Holm"),
            (1200.0, None, "夜明けの坂道", ""),
            (1500.0, None, "海と猫", ""),
        ],
    ),
    "own songs, in the artist's place": (
        "5:12 夜明けの坂道 / オリジナル\n10:20 海と猫 / オリジナル曲\n15:48 硝子の手紙 / 青井ソラ",
        [
            (312.0, None, "夜明けの坂道", ""),
            (620.0, None, "海と猫", ""),
            (948.0, None, "硝子の手紙", "青井ソラ"),
        ],
    ),
    "the manner behind the artist, in Chinese": (
        "05:12 夜航 - 林小舟 清唱\n10:20 白色的风 - 陈南 吉他弹唱\n15:48 玻璃信 - 林小舟 半首",
        [
            (312.0, None, "夜航", "林小舟"),
            (620.0, None, "白色的风", "陈南"),
            (948.0, None, "玻璃信", "林小舟"),
        ],
    ),
    "the manner behind a quoted title": (
        "05:12 林小舟《夜航》\n10:20 陈南《白色的风》\n15:48 林小舟《玻璃信》清唱",
        [
            (312.0, None, "夜航", "林小舟"),
            (620.0, None, "白色的风", "陈南"),
            (948.0, None, "玻璃信", "林小舟"),
        ],
    ),
    "counted by a word and a circled number": (
        "5:12 うた① 夜明けの坂道 / 青井ソラ\n"
        "10:20 うた② 海と猫 / 月見団子\n"
        "15:48 うた③ 硝子の手紙 / 青井ソラ",
        [
            (312.0, None, "夜明けの坂道", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
            (948.0, None, "硝子の手紙", "青井ソラ"),
        ],
    ),
    "of, in German": (
        "05:12 Papierboot von Ida Holm\n"
        "10:20 Das Meer und die Katze von Luna\n"
        "15:48 Glasbrief von Ida Holm",
        [
            (312.0, None, "Papierboot", "Ida Holm"),
            (620.0, None, "Das Meer und die Katze", "Luna"),
            (948.0, None, "Glasbrief", "Ida Holm"),
        ],
    ),
    "of, in Portuguese": (
        "05:12 Barco de Papel, de Ana Sol\n"
        "10:20 O Mar e o Gato, de Luna\n"
        "15:48 Carta de Vidro, de Ana Sol",
        [
            (312.0, None, "Barco de Papel", "Ana Sol"),
            (620.0, None, "O Mar e o Gato", "Luna"),
            (948.0, None, "Carta de Vidro", "Ana Sol"),
        ],
    ),
    "the artist's, in front of quotes": (
        "5:12 青井ソラさんの「夜明けの坂道」\n"
        "10:20 月見団子さんの「海と猫」\n"
        "15:48 青井ソラさんの「硝子の手紙」",
        [
            (312.0, None, "夜明けの坂道", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
            (948.0, None, "硝子の手紙", "青井ソラ"),
        ],
    ),
    "the artist's, in front of quotes, without an honorific": (
        "5:12 青井ソラの「夜明けの坂道」\n10:20 月見団子の「海と猫」\n15:48 あやの「硝子の手紙」",
        [
            (312.0, None, "夜明けの坂道", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
            (948.0, None, "硝子の手紙", "あや"),
        ],
    ),
    "an artist whose name ends like a possessive": (
        "5:12 青井ソラ「夜明けの坂道」\n10:20 あやの「海と猫」\n15:48 月見団子「硝子の手紙」",
        [
            (312.0, None, "夜明けの坂道", "青井ソラ"),
            (620.0, None, "海と猫", "あやの"),
            (948.0, None, "硝子の手紙", "月見団子"),
        ],
    ),
    "times that are about right": (
        "5:12頃 夜明けの坂道\n10:20頃 海と猫\n15:48頃 硝子の手紙",
        [
            (312.0, None, "夜明けの坂道", ""),
            (620.0, None, "海と猫", ""),
            (948.0, None, "硝子の手紙", ""),
        ],
    ),
    "shouts in brackets": (
        "5:12 夜明けの坂道（かわいい）\n10:20 海と猫（かっこいい！）\n15:48 硝子の手紙（泣ける）",
        [
            (312.0, None, "夜明けの坂道", ""),
            (620.0, None, "海と猫", ""),
            (948.0, None, "硝子の手紙", ""),
        ],
    ),
    "who covers it, in Chinese": (
        "05:12 夜航（翻唱：林小舟）\n10:20 白色的风（原唱：陈南）\n15:48 玻璃信（原唱：林小舟）",
        [
            (312.0, None, "夜航", ""),
            (620.0, None, "白色的风", "陈南"),
            (948.0, None, "玻璃信", "林小舟"),
        ],
    ),
    "ends on lines of their own, in brackets": (
        "5:12 Paper Boats - Ida Holm\n"
        "9:30 (end)\n"
        "10:20 Morning Glass - The Lanterns\n"
        "14:00 (end)\n"
        "15:48 Glass Letter - Ida Holm\n"
        "18:00 (end)",
        [
            (312.0, 570.0, "Paper Boats", "Ida Holm"),
            (620.0, 840.0, "Morning Glass", "The Lanterns"),
            (948.0, 1080.0, "Glass Letter", "Ida Holm"),
        ],
    ),
    "ends on lines of their own, in Japanese": (
        "5:12 夜明けの坂道 / 青井ソラ\n"
        "9:30 終わり\n"
        "10:20 海と猫 / 月見団子\n"
        "14:00 終わり\n"
        "1:00:00 配信終了",
        [
            (312.0, 570.0, "夜明けの坂道", "青井ソラ"),
            (620.0, 840.0, "海と猫", "月見団子"),
        ],
    ),
    "one end, of the stream": (
        "5:12 夜明けの坂道\n10:20 海と猫\n15:48 硝子の手紙\n20:00 終わり",
        [
            (312.0, None, "夜明けの坂道", ""),
            (620.0, None, "海と猫", ""),
            (948.0, None, "硝子の手紙", ""),
        ],
    ),
}
