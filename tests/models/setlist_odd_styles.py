"""Setlists in forms that streams of several singers, machines and tables bring along.

Titles and artists are invented. Each entry is the text and its songs
`(start_s, stop_s, title, artist)`.
"""

from __future__ import annotations

from tests.models.setlist_more_styles import Song

ODD_STYLES: dict[str, tuple[str, list[Song]]] = {
    "a relay with singers as headings": (
        "『宵町リン』0:00:00\n"
        " ├ 1. 0:02:30   夜明けの歌 / 青井ソラ\n"
        " ├ 2. 0:06:15   海と猫 / 月見団子\n"
        " └ 3. 0:10:00   最後の手紙 / 藤\n"
        "『朝町ルイ』0:30:00\n"
        " ├ 4. 0:32:00   Paper Boats / Ida Holm\n"
        " └ 5. 0:36:45   Harbour / Ida Holm",
        [
            (150.0, None, "夜明けの歌", "青井ソラ"),
            (375.0, None, "海と猫", "月見団子"),
            (600.0, None, "最後の手紙", "藤"),
            (1920.0, None, "Paper Boats", "Ida Holm"),
            (2205.0, None, "Harbour", "Ida Holm"),
        ],
    ),
    "duets with whom": (
        "0:05:12 Morning Glass / The Lanterns w/ Ruri\n"
        "0:10:20 Paper Boats (w/ Mio) / Ida Holm\n"
        "0:15:00 Harbour - Ida Holm (duet with Mio)",
        [
            (312.0, None, "Morning Glass", "The Lanterns"),
            (620.0, None, "Paper Boats", "Ida Holm"),
            (900.0, None, "Harbour", "Ida Holm"),
        ],
    ),
    "songs sung again": (
        "5:12 夜明けの歌 / 青井ソラ（1回目）\n"
        "10:20 海と猫 / 月見団子\n"
        "15:00 夜明けの歌 / 青井ソラ（2回目）\n"
        "20:00 海と猫 (take 2) / 月見団子\n"
        "25:00 海と猫（歌い直し） / 月見団子",
        [
            (312.0, None, "夜明けの歌", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
            (900.0, None, "夜明けの歌", "青井ソラ"),
            (1200.0, None, "海と猫", "月見団子"),
            (1500.0, None, "海と猫", "月見団子"),
        ],
    ),
    "time between title and artist": (
        "1 夜明けの歌 [5:12] 青井ソラ\n2 海と猫 [10:20] 月見団子\n3 最後の手紙 [15:00] 藤",
        [
            (312.0, None, "夜明けの歌", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
            (900.0, None, "最後の手紙", "藤"),
        ],
    ),
    "remarks between asterisks": (
        "0:05:12 Morning Glass - The Lanterns (acapella)\n"
        "0:10:20 Paper Boats - Ida Holm [acoustic ver.]\n"
        "0:15:00 Harbour - Ida Holm (1st time!)\n"
        "0:20:00 BRB\n"
        "0:25:00 Night Train - Ida Holm *cuts out*\n"
        "0:30:00 SC reading",
        [
            (312.0, None, "Morning Glass", "The Lanterns"),
            (620.0, None, "Paper Boats", "Ida Holm"),
            (900.0, None, "Harbour", "Ida Holm"),
            (1500.0, None, "Night Train", "Ida Holm"),
        ],
    ),
    "a note sign divides": (
        "🎤5:12 夜明けの歌 🎵 青井ソラ\n🎤10:20 海と猫 🎵 月見団子\n🎤15:00 最後の手紙 🎵 藤",
        [
            (312.0, None, "夜明けの歌", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
            (900.0, None, "最後の手紙", "藤"),
        ],
    ),
    "readings in Latin letters": (
        "5:12 夜明けの歌 (Yoake no Uta) / 青井ソラ (Aoi Sora)\n"
        "10:20 海と猫 (Umi to Neko) / 月見団子 (Tsukimi Dango)\n"
        "15:00 最後の手紙 (Saigo no Tegami) / 藤 (Fuji)",
        [
            (312.0, None, "夜明けの歌", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
            (900.0, None, "最後の手紙", "藤"),
        ],
    ),
    "a line that corrects": (
        "5:12 夜明けの歌 / 青井ソラ\n"
        "10:20 海と猫 / 月見団子\n"
        "訂正：10:25 海と猫 / 月見団子\n"
        "15:00 最後の手紙 / 藤",
        [
            (312.0, None, "夜明けの歌", "青井ソラ"),
            (625.0, None, "海と猫", "月見団子"),
            (900.0, None, "最後の手紙", "藤"),
        ],
    ),
    "Chinese talk": (
        "05:12 夜明之歌\n"
        "10:20 海与猫\n"
        "14:00 杂谈\n"
        "15:00 感谢礼物\n"
        "20:00 最后的信\n"
        "24:00 念SC\n"
        "26:00 下播",
        [
            (312.0, None, "夜明之歌", ""),
            (620.0, None, "海与猫", ""),
            (1200.0, None, "最后的信", ""),
        ],
    ),
    "Russian talk": (
        "5:12 Песня рассвета — Небо\n"
        "10:20 Море и кот — Луна\n"
        "15:00 Болтовня\n"
        "20:00 Последнее письмо — Глициния",
        [
            (312.0, None, "Песня рассвета", "Небо"),
            (620.0, None, "Море и кот", "Луна"),
            (1200.0, None, "Последнее письмо", "Глициния"),
        ],
    ),
    "talk of two kinds": (
        "00:00:00 Start\n"
        "00:03:10 Intro/Greetings\n"
        "00:05:12 1) Morning Glass // The Lanterns\n"
        "00:10:20 2) Paper Boats // Ida Holm\n"
        "00:14:00 Chatting about cats\n"
        "00:20:00 3) Harbour // Ida Holm\n"
        "00:24:00 Superchats\n"
        "00:40:00 Outro\n"
        "00:42:00 Raid to Mio",
        [
            (312.0, None, "Morning Glass", "The Lanterns"),
            (620.0, None, "Paper Boats", "Ida Holm"),
            (1200.0, None, "Harbour", "Ida Holm"),
        ],
    ),
    "honorifics behind one character": (
        "※ズレてたらすみません\n"
        "5:12〜 夜明けの歌/青井ソラ様\n"
        "10:20〜 海と猫/月見団子様\n"
        "15:00〜 最後の手紙/藤様\n"
        "以上、お疲れ様でした！",
        [
            (312.0, None, "夜明けの歌", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
            (900.0, None, "最後の手紙", "藤"),
        ],
    ),
    "arrows of subtitles": (
        "00:05:12.000 --> 00:09:40.000 Morning Glass - The Lanterns\n"
        "00:10:20.000 --> 00:14:00.000 Paper Boats - Ida\n"
        "00:15:00.000 --> 00:19:00.000 Harbour - Ida",
        [
            (312.0, 580.0, "Morning Glass", "The Lanterns"),
            (620.0, 840.0, "Paper Boats", "Ida"),
            (900.0, 1140.0, "Harbour", "Ida"),
        ],
    ),
    "scores of the karaoke machine": (
        "5:12 夜明けの歌 / 青井ソラ 92.345点\n"
        "10:20 海と猫 / 月見団子 (88.1点)\n"
        "15:00 最後の手紙 / 藤【95点】\n"
        "20:00 Harbour / 藤 → 90.123",
        [
            (312.0, None, "夜明けの歌", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
            (900.0, None, "最後の手紙", "藤"),
            (1200.0, None, "Harbour", "藤"),
        ],
    ),
    "key between title and slash": (
        "0:05:12 夜明けの歌(-3) / 青井ソラ\n"
        "0:10:20 海と猫 (key+2) / 月見団子\n"
        "0:15:00 最後の手紙 [原キー] / 藤\n"
        "0:20:00 Harbour【キー-4】/ 藤\n"
        "0:25:00 星の橋 +3 / 藤",
        [
            (312.0, None, "夜明けの歌", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
            (900.0, None, "最後の手紙", "藤"),
            (1200.0, None, "Harbour", "藤"),
            (1500.0, None, "星の橋", "藤"),
        ],
    ),
    "a table with a comma in quotes": (
        "start,end,title,artist\n"
        "0:03:45,0:08:00,Morning Glass,The Lanterns\n"
        "0:09:12,0:13:00,Paper Boats,Ida Holm\n"
        '0:14:30,0:18:00,"Harbour, Again",Ida Holm',
        [
            (225.0, 480.0, "Morning Glass", "The Lanterns"),
            (552.0, 780.0, "Paper Boats", "Ida Holm"),
            (870.0, 1080.0, "Harbour, Again", "Ida Holm"),
        ],
    ),
    "guillemets": (
        "03:45 — « Chant de l’aube » de Ciel\n"
        "09:12 — « La mer et le chat » de Lune\n"
        "14:30 — « Dernière lettre » de Glycine",
        [
            (225.0, None, "Chant de l’aube", "Ciel"),
            (552.0, None, "La mer et le chat", "Lune"),
            (870.0, None, "Dernière lettre", "Glycine"),
        ],
    ),
    "unknown titles": (
        "3:45 ??? / 青井ソラ\n"
        "9:12 海と猫 / 月見団子\n"
        "14:30 曲名不明\n"
        "20:00 最後の手紙 / 藤\n"
        "25:00 (分からない)",
        [
            (552.0, None, "海と猫", "月見団子"),
            (1200.0, None, "最後の手紙", "藤"),
        ],
    ),
    "who sings before the title": (
        "3:45 リン：夜明けの歌 / 青井ソラ\n"
        "9:12 ルイ：海と猫 / 月見団子\n"
        "14:30 リン：最後の手紙 / 藤\n"
        "20:00 ルイ：Harbour / 藤",
        [
            (225.0, None, "夜明けの歌", "青井ソラ"),
            (552.0, None, "海と猫", "月見団子"),
            (870.0, None, "最後の手紙", "藤"),
            (1200.0, None, "Harbour", "藤"),
        ],
    ),
    "titles with readings by artists": (
        "01) 00:03:45 - Yoake no Uta (夜明けの歌) by Aoi Sora (青井ソラ)\n"
        "02) 00:09:12 - Umi to Neko (海と猫) by Tsukimi Dango (月見団子)\n"
        "03) 00:14:30 - Saigo no Tegami (最後の手紙) by Fuji (藤)",
        [
            (225.0, None, "夜明けの歌", "Aoi Sora"),
            (552.0, None, "海と猫", "Tsukimi Dango"),
            (870.0, None, "最後の手紙", "Fuji"),
        ],
    ),
    "parts of songs without brackets": (
        "5:12 夜明けの歌 / 青井ソラ\n"
        "10:20 海と猫 1番のみ / 月見団子\n"
        "15:00 最後の手紙 サビだけ / 藤",
        [
            (312.0, None, "夜明けの歌", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
            (900.0, None, "最後の手紙", "藤"),
        ],
    ),
    "times in titles": (
        "5:12 25:00の夜 / 青井ソラ\n10:20 海と猫 / 月見団子\n15:00 午前2:30 / 藤",
        [
            (312.0, None, "25:00の夜", "青井ソラ"),
            (620.0, None, "海と猫", "月見団子"),
            (900.0, None, "午前2:30", "藤"),
        ],
    ),
    "a blank between title and artist, in Chinese": (
        "05:12 纸船 林夏\n10:20 海与猫 陈南\n15:48 闲聊\n20:31 玻璃信 林夏\n26:00 夜航 白路",
        [
            (312.0, None, "纸船", "林夏"),
            (620.0, None, "海与猫", "陈南"),
            (1231.0, None, "玻璃信", "林夏"),
            (1560.0, None, "夜航", "白路"),
        ],
    ),
    "a blank before artists of one word and of two": (
        "5:12 紙の船 NAGISA\n10:20 海と猫 Blue Lake\n15:48 ガラス NAGISA\n20:31 夜 Blue Lake\n"
        "26:00 朝 月乃",
        [
            (312.0, None, "紙の船", "NAGISA"),
            (620.0, None, "海と猫", "Blue Lake"),
            (948.0, None, "ガラス", "NAGISA"),
            (1231.0, None, "夜", "Blue Lake"),
            (1560.0, None, "朝", "月乃"),
        ],
    ),
    "titles of two words that have no artist": (
        "5:12 紙の 船\n10:20 海と 猫\n15:48 ガラス 手紙\n20:31 夜の 橋",
        [
            (312.0, None, "紙の 船", ""),
            (620.0, None, "海と 猫", ""),
            (948.0, None, "ガラス 手紙", ""),
            (1231.0, None, "夜の 橋", ""),
        ],
    ),
    "places in words before the times": (
        "First song 5:12 Paper Boat\n2nd song 10:20 Sea and Cat\nLast song 15:48 Glass Letter",
        [
            (312.0, None, "Paper Boat", ""),
            (620.0, None, "Sea and Cat", ""),
            (948.0, None, "Glass Letter", ""),
        ],
    ),
    "talk in other languages among songs with artists": (
        "Songliste\n5:12 Papierboot - Anna Lis\n10:20 Gequatsche\n15:48 Meer und Katze - Mond\n"
        "20:00 общение с чатом\n21:00 sohbet\n22:00 chika muna\n25:10 Glasbrief - Anna Lis",
        [
            (312.0, None, "Papierboot", "Anna Lis"),
            (948.0, None, "Meer und Katze", "Mond"),
            (1510.0, None, "Glasbrief", "Anna Lis"),
        ],
    ),
    "praise behind the artist": (
        "5:12《纸船》-林夏 ⭐推荐\n10:20《海与猫》-陈南\n15:48《玻璃信》-林夏 ⭐⭐",
        [
            (312.0, None, "纸船", "林夏"),
            (620.0, None, "海与猫", "陈南"),
            (948.0, None, "玻璃信", "林夏"),
        ],
    ),
    "columns by blanks, with the language": (
        "00:05:12    纸船    林夏    中文\n00:10:20    Paper Sea    Anna Lis    英文\n"
        "00:15:48    玻璃信    林夏    中文",
        [
            (312.0, None, "纸船", "林夏"),
            (620.0, None, "Paper Sea", "Anna Lis"),
            (948.0, None, "玻璃信", "林夏"),
        ],
    ),
    "requests before titles, in Chinese": (
        "5:12 SC点歌：纸船\n10:20 舰长点歌：海与猫\n15:48 玻璃信（自己想唱）",
        [
            (312.0, None, "纸船", ""),
            (620.0, None, "海与猫", ""),
            (948.0, None, "玻璃信", ""),
        ],
    ),
    "how it went, in Chinese": (
        "5:12 纸船（清唱）\n10:20 海与猫（半首）\n15:48 玻璃信（忘词）\n20:31 纸船（重唱）",
        [
            (312.0, None, "纸船", ""),
            (620.0, None, "海与猫", ""),
            (948.0, None, "玻璃信", ""),
            (1231.0, None, "纸船", ""),
        ],
    ),
    "covers that name whose song it is": (
        "5:12 【翻唱】纸船 cover 林夏\n10:20 【原创】海与猫\n15:48 【翻唱】玻璃信 cover 陈南",
        [
            (312.0, None, "纸船", "林夏"),
            (620.0, None, "海与猫", ""),
            (948.0, None, "玻璃信", "陈南"),
        ],
    ),
    "who asked for it, in angle brackets": (
        "5:12 紙の船〈リクエスト：みかんさん〉\n10:20 海と猫〈リクエスト：りんごさん〉\n"
        "15:48 ガラスの手紙",
        [
            (312.0, None, "紙の船", ""),
            (620.0, None, "海と猫", ""),
            (948.0, None, "ガラスの手紙", ""),
        ],
    ),
    "hearts behind songs and none behind moments": (
        "5:12 紙の船♡\n8:00 拍手\n10:20 海と猫♡♡\n13:00 かわいい\n15:48 ガラスの手紙♡",
        [
            (312.0, None, "紙の船", ""),
            (620.0, None, "海と猫", ""),
            (948.0, None, "ガラスの手紙", ""),
        ],
    ),
    "everything in heavy brackets": (
        "【5:12】-【纸船】-【林夏】\n【10:20】-【海与猫】-【陈南】\n【15:48】-【玻璃信】-【林夏】",
        [
            (312.0, None, "纸船", "林夏"),
            (620.0, None, "海与猫", "陈南"),
            (948.0, None, "玻璃信", "林夏"),
        ],
    ),
    "what is done before a dash": (
        "5:12 唱歌-纸船\n8:00 聊天-吃什么\n10:20 唱歌-海与猫\n15:48 唱歌-玻璃信",
        [
            (312.0, None, "纸船", ""),
            (620.0, None, "海与猫", ""),
            (948.0, None, "玻璃信", ""),
        ],
    ),
    "a label without a colon": (
        "（5:12）纸船 原唱林夏\n（10:20）海与猫 原唱陈南\n（15:48）玻璃信 原唱林夏",
        [
            (312.0, None, "纸船", "林夏"),
            (620.0, None, "海与猫", "陈南"),
            (948.0, None, "玻璃信", "林夏"),
        ],
    ),
    "a medley of quoted titles": (
        "5:12 《纸船》《海与猫》串烧\n10:20 《玻璃信》\n15:48 《夜航》",
        [
            (312.0, None, "《纸船》《海与猫》串烧", ""),
            (620.0, None, "玻璃信", ""),
            (948.0, None, "夜航", ""),
        ],
    ),
    "dotted bars between columns": (
        "本編 4:00~\n🕐5:12┊紙の船┊アンナ\n🕐10:20┊海と猫┊月\n🕐15:48┊ガラスの手紙┊アンナ",
        [
            (312.0, None, "紙の船", "アンナ"),
            (620.0, None, "海と猫", "月"),
            (948.0, None, "ガラスの手紙", "アンナ"),
        ],
    ),
}
