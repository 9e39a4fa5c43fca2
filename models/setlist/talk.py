"""Lines of a setlist that are not songs: openings, talk, announcements, breaks.

A line is talk when the whole of it is one of the words below, or when it begins or ends the way
talk is described ("雑談：...", "...の話", "talk about ..."). A line with an artist is never asked.
"""

from __future__ import annotations

import re

_JAPANESE = """
開始予定, スタート予定, 本編, 本編開始, 歌枠本編,
雑談, ざつだん, トーク, フリートーク, 開始, 開幕, 配信開始, スタート, 配信スタート, 待機,
待機画面, 待機所, op, オープニング, オープニングトーク, ed, エンディング, エンディングトーク,
挨拶, あいさつ, ご挨拶, はじまり, 開会, 修正, 訂正, 追記, お知らせ, おしらせ,
告知, 宣伝, 自己紹介, スパチャ, スパチャ読み,
赤スパ読み, お礼, 休憩, 水分補給, お水休憩, 終了, 配信終了, 終わり, おわり, 締め, 〆, 締めの挨拶,
乾杯, 感想, mc, チューニング, 音量調整, 音量チェック, マイクチェック, マイクテスト, 声出し,
拍手, 発声練習, 選曲, 選曲中, 離席, トイレ休憩, 機材トラブル, ミュート, トラブル, こんばんは, 開演,
閉演, スクショタイム, 初見さん紹介, コメント返し, コメント読み, 鼻歌, 鼻唄, ハミング, リクエスト募集
"""
_ENGLISH = """
start, starts, stream start, stream starts, start of stream, starting soon, starting, opening,
intro, introduction, greeting, greetings, hello, hello everyone, welcome, talk, talks, talking,
small talk, free talk, talking time, chat, chatting, just chatting, chat time, zatsudan, break,
short break, bathroom break, water break, drink break, brb, superchat, superchats, super chats,
superchat reading, super chat reading, sc reading, supa reading, reading supas, donations,
donation reading, reading donations, announcement, announcements, ending, end, end of stream,
stream end, the end, outro, closing, closing talk, final talk, bye, goodbye, mic check,
sound check, soundcheck, tuning, setup, technical difficulties, q&a, waiting, waiting screen,
begin, beginning, thank you, thanks, raid, raids, credits, edit, edited, correction, corrections,
guitar tuning, vocal warm up, warm up, warmup, warming up, humming,
start of the stream, end of the stream, pre-stream, preshow, afterparty, housekeeping, game, gaming
"""
_CHINESE = """
开始, 開始, 开播, 開播, 开场, 開場, 闲聊, 閒聊, 雜談, 杂谈, 聊天, 结束, 結束, 结尾, 結尾, 休息,
喝水, 感谢sc, 感謝sc, 读sc, 讀sc, 念sc, 打招呼, 下播, 公告, 调音, 調音, 暖场, 暖場, 开头, 開頭,
感谢礼物, 感謝禮物, 谢礼物, 念礼物, 感谢舰长, 感謝艦長, 感谢上舰, 片头, 片尾, 致谢, 致謝,
片尾曲後, 预告, 預告, 抽奖, 抽獎, 结束语, 開場白, 开场白
"""
_KOREAN = """
시작, 방송 시작, 방송시작, 오프닝, 잡담, 토크, 인사, 엔딩, 끝, 방송 종료, 방송종료, 종료, 휴식,
공지, 소통, 노가리, 마무리, 대기화면, 뱅온, 뱅종
"""
_OTHERS = """
pembukaan, pembuka, mulai, opening talk, penutup, penutupan, selesai, ngobrol, obrolan, istirahat,
mở đầu, bắt đầu, kết thúc, trò chuyện, nghỉ, chào hỏi, inicio, comienzo, fin, final, charla,
descanso, despedida, saludo, saludos, início, começo, fim, conversa, intervalo, début, pause,
discussion, au revoir, anfang, ende, pause, begrüßung, gespräch, verabschiedung, начало, конец,
перерыв, разговор, разговоры, болтовня, общение, вступление, приветствие, прощание, концовка,
เริ่ม, จบ, พูดคุย, คุยเล่น, ทักทาย, พัก, เปิด, ปิด, introdução, abertura, encerramento, papo,
bate-papo, introducción, apertura, cierre, plática, bavardage, blabla, présentation, plaudern,
geplauder, perkenalan, sapaan, nói chuyện, giao lưu, giới thiệu, tạm biệt, chiacchiere, saluti,
inizio, fine, pausa, gequatsche, quatschen, gelaber, plauderei, chika, chika muna, kwentuhan,
kuwentuhan, usapan, pahinga, sohbet, muhabbet, açılış, kapanış,
başlangıç, pogaduchy, rozmowa, rozmowy, przerwa, początek, koniec, wstęp, pożegnanie, беседа, пауза,
دردشة, حديث, استراحة, البداية, النهاية, مقدمة
"""
_WORDS = frozenset(
    word.strip()
    for words in (_JAPANESE, _ENGLISH, _CHINESE, _KOREAN, _OTHERS)
    for word in words.replace("\n", " ").split(",")
)
_HEAD = re.compile(
    r"^(?:雑談|トーク|告知|お知らせ|スパチャ|休憩|挨拶|自己紹介|オープニング|エンディング"
    r"|配信(?:開始|終了)"
    r"|待機|感想|お?話(?=\s*[:：])|闲聊|閒聊|聊天|杂谈|雜談|잡담|토크|공지|오프닝|엔딩)"
    r"(?=$|[\s:：(（/~\-・]|の|と|から|開始|終了|タイム|読み|スタート)"
    r"|^(?:mc|talk(?:ing)?|chat(?:ting)?|zatsudan|announcements?|super\s?chats?|break|intro|outro"
    r"|opening|ending|closing|stream)"
    r"(?=$|\s*[:：(（/~\-]|\s+(?:about|with|time|and|for|starts?|ends?|begins?)\b)"
    r"|^(?:общение|разговоры?|болтовня|беседа)(?=$|\s*[:(/\-]|\s+(?:с|со|о|об|про)\b)"
    r"|^(?:charla|conversa|papo|plática)(?=$|\s*[:(/\-]|\s+(?:con|com|sobre)\b)"
    r"|^(?:gespräch|plaudern|quatschen)(?=$|\s*[:(/\-]|\s+(?:mit|über)\b)",
    re.IGNORECASE,
)
_CLOCK_WORDS = re.compile(
    r"^(?:から|まで|より|頃|ごろ|です|スタート予定|開始予定)(?=[でだ、。!！~〜]|\d|\s|$)"
)
_TAGGED = re.compile(
    r"^\s*[\[(（【［](?:talk(?:ing)?|chat(?:ting)?|mc|zatsudan|雑談|トーク|闲聊|杂谈|雜談|잡담|토크)[\])）】］]",
    re.IGNORECASE,
)
_SURE = re.compile(
    r"^(?:雑談|ざつだん|フリートーク|スパチャ|配信(?:開始|終了)|待機|お知らせ|告知|挨拶|ご挨拶|闲聊|聊天|杂谈|雜談"
    r"|잡담|방송\s?(?:시작|종료))"
    r"|^(?:zatsudan|super\s?chats?|stream (?:starts?|ends?)|starting soon|waiting (?:screen|room)"
    r"|(?:opening|ending|closing|free|small) talk|just chatting|end of stream|start of stream"
    r"|mic check|sound\s?check)\b",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"(?:の話|のお話|について|トーク|雑談|スパチャ読み|読み上げ|の挨拶|の告知|のお知らせ|聊天"
    r"|闲聊|閒聊|杂谈|雜談|이야기|잡담|토크"
    r"|\b(?:talk|talking|chatting|stor(?:y|ies)|reading|announcements?|break))"
    r"\s*(?:time|タイム)?\s*\d*$",
    re.IGNORECASE,
)
_SOUND = re.compile(
    r"^(?:音量(?:直|戻|上|下|調|小|大|バランス|ok)|音が(?:小さ|大き|割れ|ない|切れ)"
    r"|エコー(?:強|弱|かか|切|なし|オン|オフ)"
    r"|マイク(?:オフ|オン|ミュート|入|切|遠|近)|(?:カラオケ)?(?:音源|オケ|bgm)\S{0,2}(?:止ま|切れ|途切|消え|小さ|大き)"
    r"|音割れ|音飛び|音ズレ|ハウリング|ノイズ(?:が|入|乗)|audio (?:fixed|cuts?|issues?)\b)",
    re.IGNORECASE,
)
"""Remarks on how the stream sounded."""
_SECTION = re.compile(
    r"^(?:encore|アンコール|安可|앵콜|앙코르|set\s*list|セトリ|セットリスト|歌单|歌單|曲目"
    r"|타임스탬프|셋리스트"
    r"|time\s*stamps?|tracklist|タイムスタンプ|timeline)\s*[:：]?$",
    re.IGNORECASE,
)
HEADER = re.compile(
    r"セトリ|セットリスト|歌った曲|歌唱曲|曲目|曲リスト|タイムスタンプ|set\s*-?list"
    r"|track\s*list|song\s*list|time\s*stamps?|timeline"
    r"|歌单|歌單|曲单|曲單|时间轴|時間軸|타임스탬프|타임라인|셋리스트|셋리|노래\s*목록"
    r"|daftar\s*lagu|danh\s*sách|lista\s*de\s*(?:canciones|músicas)|liste\s*des\s*chansons"
    r"|songliste|lista\s*(?:piosenek|utworów)|scaletta|треклист|список\s*песен|şarkı\s*listesi"
    r"|รายชื่อเพลง|قائمة\s*الأغاني"
    r"|songs?\s*[:：]?\s*$|歌ったもの",
    re.IGNORECASE,
)
_SIGNS = re.compile(r"^[^\w]+|[^\w]+$")
_AND = re.compile(r"\s*(?:[+＋&＆,、・/／→]|\band\b|と)\s*")
"""Joins talk of several kinds: "raid + outro", "雑談・告知"."""


def is_talk(text: str) -> bool:
    """Return whether a line's text, without an artist, is about something else than a song."""
    folded = re.sub(r"\s+", " ", _SIGNS.sub("", text)).casefold()
    if not folded:
        return True
    stem = re.sub(r"\s*\d+$", "", folded)
    if _CLOCK_WORDS.match(folded) or _TAGGED.match(text):
        return True
    if folded in _WORDS or stem in _WORDS or _SECTION.match(folded):
        return True
    kinds = _AND.split(folded)
    if len(kinds) > 1 and all(kind in _WORDS for kind in kinds):
        return True
    return bool(_HEAD.match(folded) or _TAIL.search(folded) or _SOUND.match(folded))


def is_surely_talk(text: str) -> bool:
    """Return whether a text is no song even where words stand in the artist's place."""
    return bool(_TAGGED.match(text) or _SURE.match(_SIGNS.sub("", text)))
