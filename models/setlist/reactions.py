"""Remarks about a moment ("lol", "噛んだ", "the high note"): stamped lines that are no songs."""

from __future__ import annotations

import re

_JAPANESE = (
    r"草|[wｗ]{2,}$|(?<=[^a-zA-Z])[wｗ]$|\(笑\)|（笑）|爆笑|大笑|笑[うっい顔]|噛[んみむ]"
    r"|かみかみ|可愛|かわい|カワイ|きゃわ|くしゃみ|クシャミ|しゃっくり|あくび|咳"
    r"|助か[るっり]|名言|迷言|珍言|ここ好き|ここすき|ココスキ|好き$|すき$|ロングトーン|高音"
    r"|低音|裏声|がなり|ビブラート|シャウト|アドリブ|転調"
    r"|泣い|泣き|涙|鳥肌|天才|神$|神回|尊い|てぇてぇ|やば[いっ]?|ヤバ|すご[いっ]|凄い|上手"
    r"|うま[いっ]|最高|感動|癒[さや]|エモい?|イケボ|セクシー|ドヤ"
    r"|[かカ][っッ][こコ](?:い|よ)|格好い|泣ける|照れ|デレ|煽り|ファンサ|ウイン?ク|ハプニング|放送事故|事故|悲鳴|叫[びぶん]|絶叫"
    r"|間違[えい]|忘れ|飛ん[だで]|失敗|ミスっ|ミスる|やらかし|音痴"
    r"|猫(?:の声|が|乱入|登場)|犬の声|にゃ[ーあん]|おなら|げっぷ|水飲|飲む音|咀嚼|服の音|伝説"
    r"|フラグ|伏線|名場面|見どころ|見所|ハイライト|シーン$"
    r"|ちゃった|しちゃ|してる|っぽい|らしい$|だった|でした|ました|ですか|だよ$|だね$|かな$"
    r"|[!！]{2,}"
)
_ENGLISH = (
    r"\b(?:lol|lmao|lmfao|rofl|haha\w*|hehe\w*|omg|wtf|pog\w*|kek\w*|xd|sneez\w*|yawn\w*"
    r"|hiccups?|cough\w*|burp\w*|laugh\w*|giggl\w*|chuckl\w*"
    r"|cry(?:ing)?|cried|tears?|sobb?ing|goosebumps|chills|cute|adorable|so good|amazing"
    r"|insane|beautiful voice|scream\w*|screech\w*"
    r"|voice crack\w*|cracks|mistake|messe[sd]? up|mess up|forgets?|forgot|oops|whoops|fail\w*"
    r"|bless you|dad joke|joke\w*|pun\b|funny|hilarious"
    r"|best (?:part|moment)|favou?rite part|high note|long note|that note|the note|ad-?lib"
    r"|growl\w*|her (?:face|voice|laugh|cat|dog|reaction)"
    r"|his (?:face|voice|laugh|cat|dog|reaction)|their (?:face|voice)|cat (?:joins|appears"
    r"|noises?|interrupts)|dog (?:barks?|noises?)"
    r"|she (?:\w+s|almost|was|had|got|did|said|just|really)|he (?:\w+s|almost|was|had|got|did"
    r"|said|just|really)|they (?:are|were|got)"
    r"|i (?:cried|died|screamed|love this|loved|cant|can't|swear|joined|lost it)"
    r"|gets? (?:scared|confused|distracted|emotional|shy)"
    r"|says? (?:hi|bye|hello|the|that)|drinks?\b|eats?\b|falls?\b|clip (?:this|it)|clipped"
    r"|moment|reaction|scuffed|technical|lag(?:s|ged)?|mute[ds]?)\b"
    r"|[!?]{2,}$|\.\.\.$"
)
_CHINESE = (
    r"哈哈|可爱|可愛|好听|好聽|破音|高能|泪目|淚目|名场面|名場面|打喷嚏|打噴嚏"
    r"|笑[死了场場]|忘词|忘詞|唱错|唱錯|太[好强強美]|好[美强強甜]|哭[了死]|尖叫|撒娇|撒嬌|喵"
)
_KOREAN = (
    r"ㅋㅋ|ㅎㅎ|ㅠㅠ|ㅜㅜ|귀여|귀엽|웃[음는김]|재채기|하품|딸꾹|명언|고음|레전드|소름"
    r"|울[었컥]|눈물|삑사리|실수|가사\s?(?:까먹|실수)|좋[다아네]|미쳤|대박|비명|고양이\s?소리"
)
_OTHERS = (
    r"\b(?:jaja\w*|kkkk*|wkwk\w*|jajaja|mdr|ptdr|risa|llora|lucu|imut|ketawa|bersin|nangis"
    r"|merinding|dễ thương|cười|hắt hơi|khóc"
    r"|estornudo|bostezo|grito|rire|éternue|lacht|niest|хаха\w*|чих\w*|смех|мило)\b"
)
_NEWS = (
    r"おめでと|congrat\w*|恭喜|축하|happy birthday|誕生日おめ|聞こえ"
    r"|音(?:量|が|ズレ|割れ)?(?:小さ|大き|ずれ|ない)"
    r"|わくわく|ワクワク|楽しみ|待って(?:る|た)|こん(?:ばん|にち)|おつかれ|お疲れ|おやすみ|おかえり$|いってら|ただいま$"
    r"|それはそう|せやな|わかる$|なるほど|nice (?:voice|song|one)|good (?:night|job)|welcome back"
)
_REACTION = re.compile(
    "|".join((_JAPANESE, _ENGLISH, _CHINESE, _KOREAN, _OTHERS, _NEWS)), re.IGNORECASE
)
_SENTENCE_WORDS = 8


def is_reaction(text: str) -> bool:
    """Return whether words tell of a moment of the stream and hardly name a song."""
    return bool(_REACTION.search(text)) or len(text.split()) >= _SENTENCE_WORDS
