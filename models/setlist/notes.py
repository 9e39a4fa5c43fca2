"""Words beside a song that are neither its title nor its artist: remarks, versions, labels."""

from __future__ import annotations

import re

_KEY = (
    r"(?:key|キー|키|调|調)\s*[:：]?\s*[+\-±＋－−]?\s*\d{1,2}"
    r"|[+\-±＋－−]\s?\d{1,2}\s?(?:key|キー|키)?|原キー|原key|original key"
)
_REMARK_WORDS = (
    rf"{_KEY}|key|初披露|初見|初めて|初歌唱|初|new!*|新曲|未発表|first\s?time!*|first|debut"
    rf"|cover(?:ed)?|カバー|歌ってみた"
    r"|(?:.{0,12}さん)?リクエスト(?:曲)?|request(?:ed)?(?: by .+)?|req"
    r"|(?:翻唱|カバー|歌唱|cover(?:ed)?(?:\s+by)?)\s*[:：].+"
    r"|リベンジ|retry|take\s?\d|再挑戦|再演|再|やり直し|歌い直し|リテイク|redo"
    r"|(?:duet\s+)?w/\s?.+|duet\s+with\s+.+"
    r"|\d{1,2}\s?回目|[二三四五]回目"
    r"|(?:1|2|１|２|一|二|1st|2nd)番(?:のみ|だけ|まで)?|サビ(?:のみ|だけ|まで)?|途中(?:まで"
    r"|から)?|ワンコーラス|1コーラス"
    r"|unsure|not sure|maybe|probably|多分|たぶん"
    r"|incomplete|unfinished|cut(?:\s?off)?|partial(?:ly)?|interrupted|half|again|repeat"
    r"|encore|アンコール|安可|앵콜"
    r"|半音(?:下げ|上げ)|オク下|音源トラブル|歌詞(?:ミス|飛び)|ミス|トラブル|失敗|中断|停止"
    r"|\d{1,2}%|ここ好き|神|泣いた"
    r"|初唱|首次|首唱"
    r"|.{0,8}(?:点歌|點歌|点播|點播)(?:\s*[:：].+)?|sc|上?[舰艦][长長]?|提督|醒目留言"
    r"|清唱|弹唱|彈唱|重唱|复唱|複唱|加唱|补唱|補唱|试唱|試唱|忘词|忘詞|唱错|唱錯|跑调|跑調|破音|[没沒未]唱完|唱?一半|片段|(?:只有|仅)?副歌"
    r"|(?:自己)?想唱|推[荐薦]|[二三四五]刷|返[场場]|(?:リクエスト|リク|request|req)\s*[:：].+"
    r"|未完|半首|翻唱|처음|신청곡|리퀘|첫\s?공개|미완성|다시|한번 더"
    r"|オリ(?:曲|ソン)|オリジナル(?:曲|ソング)?|original(?:\s?song)?|原创曲?|原創曲?|자작곡|오리지널\s?곡?"
    r"|jpn?|eng?|esp?|fra?|kor|chn?|日本語|英語|中国語|韓国語|日本语|日语|英语|中文|国语|國語|粤语|粵語"
    r"|재도전|★+|☆+|♡+|❤+|🔥+"
)
_VERSION_WORDS = (
    r"\b(?:ver|vers|version|versi[oó]n|acoustic|ac+ap+el+a|a\s?capp?ella|unplugged|short|full"
    r"|tv|size|live|remix|mix"
    r"|edit|piano|guitar|violin|orchestra(?:l)?|cover|inst|instrumental|off\s?vocal|karaoke"
    r"|arrange|arr|jazz|lofi"
    r"|medley|remaster(?:ed)?|second|op|ed|reprise|theme|ost|opening|ending|english|japanese"
    r"|chinese|korean"
    r"|jp|en|eng|bgm|self\s?cover|original\s?song|duet|solo|mv|pv|anime|movie|game|film"
    r"|insert\s?song"
    r"|kara|vocaloid|utau|from)\b"
    r"|アカペラ|ショート|フル|弾き語り|ギター|ピアノ|主題歌|挿入歌|オープニング|エンディング"
    r"|テーマ|イメージソング|オリジナル|オリ曲"
    r"|バージョン|アレンジ|日本語|英語|中国語|韓国語|歌詞|替え歌|メドレー|デュエット|ソロ"
    r"|アニメ|映画|ドラマ|ゲーム|ボカロ|劇場版|コラボ"
    r"|清唱|弹唱|彈唱|重唱|版$|版本|片头曲|片尾曲|主题曲|主題曲|插曲|原创|原創|日语|中文|英文"
    r"|무반주|어쿠스틱|버전|자작곡|오리지널|주제가|드라마|애니"
)
_INNER = r"[^()（）\[\]［］【】《》〈〉〔〕{}]*"
_BRACKETED_TAIL = re.compile(
    rf"^(?P<head>.*\S)\s*[(（\[［【《〈〔{{<](?P<inner>{_INNER})[)）\]］】》〉〕}}>]\s*$", re.DOTALL
)
_BRACKETED_HEAD = re.compile(rf"^\s*[(（\[［【〔{{<](?P<inner>{_INNER})[)）\]］】〕}}>]\s*(?=\S)")
_BRACKETED_INSIDE = re.compile(
    rf"\s*[(（\[［【〔](?P<inner>{_INNER})[)）\]］】〕]\s*(?=[/／|｜\-–—])"
)
_REMARK = re.compile(rf"\W*(?:(?:{_REMARK_WORDS})[\s!！、,・/~〜～]*)+\W*", re.IGNORECASE)
_VERSION = re.compile(_VERSION_WORDS, re.IGNORECASE)
_SIGN_TAIL = re.compile(
    r"(?<=\S)\s*(?:[※＊⚠←⇐]\s*\S.*|\s\*\s?[^*\s][^*]*\*?|\s(?:duet\s+)?w/\s?\S.*|\s\((?:[^()]*)$|\s#(?=[^\d\s])\S+.*"
    r"|\s(?:<-|<=|<<)\s?\S.*|\s[⭐🌟★☆❤♥🔥👍]+\s?(?:推[荐薦]?|必[听聽]|好[听聽]|お(?:すすめ|ススメ)|オススメ|神|best).*)$"
)
_KEY_TAIL = re.compile(
    rf"\s+(?:{_KEY}|±\s?0|[→⇒]\s?\d{{2}}\.\d{{1,3}}|\d{{2,3}}(?:\.\d{{1,3}})?\s?(?:点|點|점|pts?|points?)"
    r"|[x×✕]\s?[2-9]|[2-9]\s?[x×✕])$",
    re.IGNORECASE,
)
_MANNER_TAIL = re.compile(
    r"\s+(?:(?:吉他|钢琴|鋼琴)?(?:弹唱|彈唱)|(?:吉他|钢琴|鋼琴)版|清唱|半首|アカペラ|弾き語り|ワンコーラス|무반주"
    r"|(?:[1-3１-３一二三]番|サビ)(?:のみ|だけ|まで))$"
)
"""The manner of this performance behind a name, without brackets."""
_REQUESTED = re.compile(
    r"(?:\s+|(?<=[)）」』》]))(?:(?:点歌人?|點歌人?|点播|點播|リクエスト(?:者|主)?|リク主?|신청자?|신청곡"
    r"|req(?:uest(?:ed)?)?\.?)\s*[:：]\s*|(?:request(?:ed)?|req\.?)\s+(?:by|from)\s+)[^()（）]+$",
    re.IGNORECASE,
)
_VERSION_NAME = (
    rf"(?:(?:{_VERSION_WORDS})\s*){{0,2}}(?:\bver\.?|\bversion|\bvers\.|バージョン|버전)"
    r"|[^\s\x00-\x7f]{1,12}(?:ver\.?|バージョン|버전|版)"
)
_SURE_VERSION = re.compile(
    r"^from\b|(?:\b(?:ver\.?|vers\.?|versi[oó]n|size|ost|op|ed|theme|remix|edit|cover|remaster(?:ed)?"
    r"|karaoke|inst(?:rumental)?|opening|ending|bgm)|曲|歌|テーマ|ソング|バージョン|アレンジ|版|주제가|버전)"
    r"\W*\d*$",
    re.IGNORECASE,
)
_VERSION_ALONE = re.compile(_VERSION_NAME, re.IGNORECASE)
_VERSION_TAIL = re.compile(rf"\s+(?:{_VERSION_NAME})$", re.IGNORECASE)
_COVERED = re.compile(
    r"(?:\s+|(?<=[)）」』》]))[(（]?(?:covered\s+by|cover\s+by|sung\s+by|performed\s+by"
    r"|カバー[:：]|歌唱[:：]|cover[:：])\s*[^()（）]+[)）]?$",
    re.IGNORECASE,
)
_KEPT_IN_ARTIST = re.compile(r"\b(?:cv|c\.v|feat|ft|featuring|with)\b\.?", re.IGNORECASE)

_ARTIST_WORD = (
    r"(?:原唱者?|原曲者?|原作|本家|歌手名?|歌唱|歌い手|唄|うた|歌|アーティスト名?|artists?"
    r"|singers?|vocals?|vo|original(?:\s+(?:artist|singer|by|song\s+by))?"
    r"|orig|originally\s+by|作曲|作詞・?作曲|作者|演唱者?|가수|원곡자?|원가수|노래|penyanyi"
    r"|ca\s?sĩ|cantante|artiste|interpret)"
)
_ARTIST_LABEL = re.compile(
    rf"^\s*(?:{_ARTIST_WORD}\s*[:：]\s*|(?:vo|orig)\.\s*|by[\s:：]+|original\s+by\s+|原唱\s*)",
    re.IGNORECASE,
)
_OWN_SONG = re.compile(
    r"(?:オリジナル|original)(?:\s?(?:曲|ソング|song))?|オリ曲|自作曲?|原创曲?|原創曲?|자작곡|오리지널\s?곡?",
    re.IGNORECASE,
)
_ARTIST_LABEL_INSIDE = re.compile(
    rf"(?<=\S)[\s\u3000,、/／|｜]*(?:(?<=\s)[-–—]\s+)?(?:(?<=[\s\u3000,、/／"
    rf"|｜\-–—」』》）)]){_ARTIST_WORD}\s*[:：]\s*|(?<=[\s\u3000])(?:vo\.\s*|原唱(?=[^\s:：])))",
    re.IGNORECASE,
)
_TITLE_LABEL = re.compile(
    r"^\s*(?:曲名|楽曲名?|(?:オリジナル|カバー|オリ|新)?曲|オリジナル(?:ソング)?|歌名|歌|うた|タイトル|titles?|songs?(?:\s*name)?|제목|곡명|곡"
    r"|노래|judul|lagu|bài(?:\s+hát)?|canci[oó]n|titre|唱歌|sing)\s*[:：]\s*",
    re.IGNORECASE,
)
_REQUEST_LABEL = re.compile(
    r"^\s*(?:(?:sc|醒目留言|[舰艦][长長]|提督|[总總]督|粉[丝絲]|[观觀][众眾]|[弹彈]幕|[礼禮]物)?\s*(?:点歌|點歌|点播|點播)"
    r"|リクエスト曲?|リク曲?|신청곡)\s*[:：]\s*",
    re.IGNORECASE,
)
_COVER_INSIDE = re.compile(r"(?<=\S)\s+cover[.．]?\s+(?!by\b)(?=\S)", re.IGNORECASE)
_COVER_OF = re.compile(
    r"^(?P<artist>.+?)\s*(?:\bcovers?|のカバー|カバー|翻唱|커버)$", re.IGNORECASE
)


def bracketed_tail(text: str) -> tuple[str, str]:
    """The text before a bracketed end and the words in the brackets; `("", "")` without one."""
    match = _BRACKETED_TAIL.match(text)
    return (match["head"].strip(), match["inner"].strip()) if match else ("", "")


def is_remark(words: str) -> bool:
    """Return whether words say how this performance went ("first time", "key-2") and nothing
    else.
    """
    return bool(_REMARK.fullmatch(words)) or not re.search(r"\w", words)


def without_remarks_inside(text: str) -> str:
    """Drop remarks in brackets before a separator: "Title【key-2】/ Artist"."""
    return _BRACKETED_INSIDE.sub(lambda m: " " if is_remark(m["inner"]) else m[0], text)


def is_version(words: str) -> bool:
    """Return whether words name a version or the work a song is from, and no artist."""
    return bool(_VERSION.search(words))


def is_surely_version(words: str) -> bool:
    """Return whether words name a version or a work and can be no artist, as "Ed Sheeran" may."""
    rest = re.sub(r"[\W\d_]+", "", _VERSION.sub("", words))
    return is_version(words) and (not rest or bool(_SURE_VERSION.search(words)))


def is_version_alone(words: str) -> bool:
    """Return whether words are the name of a version ("acoustic ver.", "吉他版")."""
    return bool(_VERSION_ALONE.fullmatch(words.strip()))


def without_remarks(text: str) -> str:
    """Drop remarks from both ends of a text; a text that is nothing else stays."""
    rest = text
    while True:
        before = rest
        rest = _COVERED.sub("", rest) or rest
        rest = _REQUESTED.sub("", rest) or rest
        rest = _SIGN_TAIL.sub("", rest) or rest
        rest = _KEY_TAIL.sub("", rest) or rest
        rest = _MANNER_TAIL.sub("", rest) or rest
        head, inner = bracketed_tail(rest)
        if head and is_remark(inner):
            rest = head
        front = _BRACKETED_HEAD.match(rest)
        if front and is_remark(front["inner"]):
            rest = rest[front.end() :]
        if rest == before:
            return rest.strip()


def artist_without_notes(text: str) -> str:
    """An artist without what was written behind the name; voices and guests stay."""
    rest = _ARTIST_LABEL.sub("", without_remarks(text)).strip()
    while True:
        rest = _VERSION_TAIL.sub("", rest) or rest
        head, inner = bracketed_tail(rest)
        if not head or _KEPT_IN_ARTIST.search(inner):
            return rest or text.strip()
        rest = without_remarks(head)


def is_own_song(artist: str) -> bool:
    """Return whether words in the artist's place say that the song is the singer's own."""
    return bool(_OWN_SONG.fullmatch(artist))


def labelled_artist(words: str) -> str:
    """The artist in words that say so ("原唱：X", "by X", "X cover"), else an empty text."""
    match = _ARTIST_LABEL.match(words)
    if match and words[match.end() :].strip():
        return words[match.end() :].strip()
    cover = _COVER_OF.match(words)
    if cover and not is_version(cover["artist"]) and not is_remark(cover["artist"]):
        return cover["artist"].strip()
    return ""


def split_at_label(text: str) -> tuple[str, str] | None:
    """Divide "Title 歌：Artist" and "Title cover Artist" at the word that announces the artist."""
    match = _ARTIST_LABEL_INSIDE.search(text)
    if match and text[: match.start()].strip() and text[match.end() :].strip():
        return text[: match.start()].strip(), text[match.end() :].strip()
    cover = _COVER_INSIDE.search(text)
    if cover and not (is_version(text[cover.end() :]) or is_remark(text[cover.end() :])):
        return text[: cover.start()].strip(), text[cover.end() :].strip()
    return None


def without_title_label(text: str) -> str:
    """Drop "曲名：", "点歌：" and their like from the front of a title."""
    match = _TITLE_LABEL.match(text) or _REQUEST_LABEL.match(text)
    return text[match.end() :] if match and text[match.end() :].strip() else text
