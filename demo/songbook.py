"""The songs of the demo stream: melodies whose authors died long enough ago, in styles that differ.

Every melody is traditional or by an author who died before 1950; the words are traditional, the
arrangements are ours. Titles and artists are written as a Japanese singer would write them in her
setlist.
"""

from functools import cache

from utawaku.demo.score import Song, read_strain
from utawaku.library.errors import NotFoundError

SONGS = (
    "kojo_no_tsuki",
    "sakura_sakura",
    "greensleeves",
    "hotaru_no_hikari",
    "ode_to_joy",
    "scarborough_fair",
    "aura_lee",
    "korobeiniki",
    "when_the_saints",
    "amazing_grace",
    "jasmine_flower",
)
"""Names of all songs, one arrangement style each."""


def _song(
    name: str,
    title: str,
    artist: str,
    key: str,
    *,
    shift: int = 0,
    bpm: float,
    beats: int,
    style: str,
    voice: str = "female",
    verse: tuple[str, str, str],
    chorus: tuple[str, str, str],
) -> Song:
    tonic, mode = key.split()
    return Song(
        name=name,
        title=title,
        artist=artist,
        tonic=tonic,
        mode=mode,
        shift=shift,
        bpm=bpm,
        beats_per_bar=beats,
        style=style,
        voice=voice,
        verse=read_strain(*verse, beats),
        chorus=read_strain(*chorus, beats),
    )


@cache
def songbook() -> dict[str, Song]:
    """All songs by name; read from their notation at the first call."""
    songs = [
        _song(
            "kojo_no_tsuki",
            "荒城の月",
            "滝廉太郎",
            "A minor",
            bpm=72,
            beats=4,
            style="ballad",
            verse=(
                "E4 E4 A4 B4 | C5 B4 A4*2 | F4 F4 E4 D#4 | E4*3 r |"
                "E4 E4 A4 B4 | C5 B4 A4*2 | F4 D4 E4*1.5 E4*.5 | A4*3 r",
                "Am | F Am | Dm | E | Am | F Am | Dm E | Am",
                "ha ru ko o ro o no ha na no e n me gu ru sa ka zu ki ka ge sa shi te",
            ),
            chorus=(
                "C5 C5 B4 A4 | F4 F4 E4*2 | D4 D4 F4 D4 | E4*3 r |"
                "E4 E4 A4 B4 | C5 B4 A4*2 | F4 D4 E4*1.5 E4*.5 | A4*3 r",
                "F | Dm Am | Dm | E | Am | F G | Dm E | Am",
                "chi yo no ma tsu ga e wa ke i de shi mu ka shi no hi ka ri i ma i zu ko",
            ),
        ),
        _song(
            "sakura_sakura",
            "さくらさくら",
            "日本古謡",
            "A minor",
            shift=2,
            bpm=92,
            beats=4,
            style="city",
            verse=(
                "A4 A4 B4*2 | A4 A4 B4*2 | A4 B4 C5 B4 | A4 B4*.5 A4*.5 F4*2 |"
                "E4 C4 E4 F4 | E4 E4*.5 C4*.5 B3*2 | A4 A4 B4*2 | A4 A4 B4*2",
                "Am7 | FM7 | Am7 | Dm7 | Am7 FM7 | E7 | FM7 | G",
                "sa ku ra sa ku ra ya yo i no so o ra wa mi wa ta su ka a gi ri sa ku ra sa ku ra",
            ),
            chorus=(
                "A4 B4 C5 B4 | A4 B4*.5 A4*.5 F4*2 | E4 C4 E4 F4 | E4 E4*.5 C4*.5 B3*2 |"
                "A4 A4 B4*2 | A4 A4 B4*2 | E4 F4 B4*.5 A4*.5 F4 | E4*3 r",
                "FM7 | G | Em7 Am7 | Dm7 E7 | FM7 | G | Dm7 E7 | Am7",
                "ka su mi ka ku u mo ka ni o i zo i i zu ru i za ya i za ya mi ni yu u u ka",
            ),
        ),
        _song(
            "greensleeves",
            "Greensleeves",
            "English traditional",
            "A minor",
            shift=-3,
            bpm=126,
            beats=3,
            style="folk",
            verse=(
                "A4 ^ C5*2 D5 | E5*1.5 F5*.5 E5 | D5*2 B4 | G4*1.5 A4*.5 B4 |"
                "C5*2 A4 | A4*1.5 G#4*.5 A4 | B4*2 G#4 | E4*2 A4 |"
                "C5*2 D5 | E5*1.5 F5*.5 E5 | D5*2 B4 | G4*1.5 A4*.5 B4 |"
                "C5*1.5 B4*.5 A4 | G#4*1.5 F#4*.5 G#4 | A4*3 | A4*2 r",
                "Am | Am | G | G | Am | Am | E | E | Am | Am | G | G | Am | E | Am | Am",
                "a la mai lo ve yu do mi ro ng tu ka sti mi of dis ku te us li an ai ha ve "
                "lo ve yu so lo ng de lai ti ng in yo ko mpa ni",
            ),
            chorus=(
                "G5*3 | G5*1.5 F#5*.5 E5 | D5*2 B4 | G4*1.5 A4*.5 B4 |"
                "C5*2 A4 | A4*1.5 G#4*.5 A4 | B4*2 G#4 | E4*3 |"
                "G5*3 | G5*1.5 F#5*.5 E5 | D5*2 B4 | G4*1.5 A4*.5 B4 |"
                "C5*1.5 B4*.5 A4 | G#4*1.5 F#4*.5 G#4 | A4*3 | A4*2 r",
                "C | C | G | G | Am | Am | E | E | C | C | G | G | Am | E | Am | Am",
                "gri n sli ve wa so mai jo i gri n sli ve wa mai de lai "
                "gri n sli ve wa mai ha to go ld an hu ba mai la di gri n sli ve",
            ),
        ),
        _song(
            "hotaru_no_hikari",
            "蛍の光",
            "スコットランド民謡",
            "F major",
            shift=2,
            bpm=108,
            beats=4,
            style="march",
            voice="male",
            verse=(
                "C4 ^ F4*1.5 F4*.5 F4 A4 | G4*1.5 F4*.5 G4 A4 | F4*1.5 F4*.5 A4 C5 | D5*3 D5 |"
                "C5*1.5 A4*.5 A4 F4 | G4*1.5 F4*.5 G4 A4 | F4*1.5 D4*.5 D4 C4 | F4*3 r",
                "F | C7 | F F7 | Bb | F | C7 | Bb C7 | F",
                "ho ta a ru no hi i ka ri i ma do o no yu u ki "
                "fu mi i yo mu tsu ki hi ka sa ne tsu tsu",
            ),
            chorus=(
                "D5 ^ C5*1.5 A4*.5 A4 F4 | G4*1.5 F4*.5 G4 D5 | C5*1.5 A4*.5 A4 C5 | D5*3 D5 |"
                "C5*1.5 A4*.5 A4 F4 | G4*1.5 F4*.5 G4 A4 | F4*1.5 D4*.5 D4 C4 | F4*3 r",
                "F | C7 | F F7 | Bb | F Dm | C7 | Bb C7 | F",
                "i i tsu shi ka to shi mo su gi no to o a ke te zo ke sa wa wa ka re yu ku",
            ),
        ),
        _song(
            "ode_to_joy",
            "An die Freude",
            "Ludwig van Beethoven",
            "D major",
            shift=5,
            bpm=132,
            beats=4,
            style="rock",
            verse=(
                "F#4 F#4 G4 A4 | A4 G4 F#4 E4 | D4 D4 E4 F#4 | F#4*1.5 E4*.5 E4*2 |"
                "F#4 F#4 G4 A4 | A4 G4 F#4 E4 | D4 D4 E4 F#4 | E4*1.5 D4*.5 D4*2",
                "D | G A | Bm | A | D | G A | Bm G | A D",
                "fro i de she ne go te fu n ke to te a us e li zi um "
                "vi be tre te fo ye tru n ke hi mi she da i ha i tu m",
            ),
            chorus=(
                "E4 E4 F#4 D4 | E4 F#4*.5 G4*.5 F#4 D4 | E4 F#4*.5 G4*.5 F#4 E4 | D4 E4 A3*2 |"
                "F#4 F#4 G4 A4 | A4 G4 F#4 E4 | D4 D4 E4 F#4 | E4*1.5 D4*.5 D4*2",
                "A | Bm | F#m | G A | D | A Bm | G | A D",
                "da i ne za u be bi n de vi de va s di mo de shtre ng ge ta i lt "
                "a le me n she ve de bru de vo da i za n te flu ge va i lt",
            ),
        ),
        _song(
            "scarborough_fair",
            "Scarborough Fair",
            "English traditional",
            "D minor",
            shift=2,
            bpm=112,
            beats=3,
            style="waltz",
            verse=(
                "D4*2 D4 | A4*2 A4 | E4*1.5 F4*.5 E4 | D4*3 |r A4 C5 | D5*2 C5 | A4 B4 G4 | A4*2 r",
                "Dm7 | Dm7 | C | Dm7 | FM7 | G | G | Am7",
                "a yu go in tu ska bo ro fe pa sli se je ro ma ri an ta im",
            ),
            chorus=(
                "D5*2 D5 | C5*2 A4 | A4 G4 F4 | E4*1.5 C4*.5 C4 |"
                "D4*2 A4 | G4*2 F4 | E4 D4 C4 | D4*2 r",
                "Dm7 | C | FM7 | C | Dm7 | G | C | Dm7",
                "ri me mba mi tu wa n hu li vs de shi wa ns wa za tru lo ve mai",
            ),
        ),
        _song(
            "aura_lee",
            "Aura Lea",
            "George R. Poulton",
            "G major",
            shift=3,
            bpm=126,
            beats=4,
            style="bossa",
            verse=(
                "D4 G4 F#4 G4 | A4 E4 A4*2 | G4 F#4 E4 F#4 | G4*3 r |"
                "D4 G4 F#4 G4 | A4 E4 A4*2 | G4 F#4 E4 F#4 | G4*3 r",
                "GM7 | A7 | Am7 D7 | GM7 | GM7 | A7 | Am7 D7 | GM7",
                "we n de bla ka bi di n de spri ng a n de wi lo tri "
                "sa t an ro ka ai ha hi si ng si ng o ra li",
            ),
            chorus=(
                "B4 B4 B4*2 | B4 B4 B4*2 | B4 A4 G4 A4 | B4*3 r |"
                "B4 B4 C5 B4 | A4 E4 A4*1.5 A4*.5 | G4 F#4 B4*1.5 A4*.5 | G4*3 r",
                "GM7 | B7 | Em7 | GM7 | Em7 | A7 | Am7 D7 | GM7",
                "o ra li o ra li ma id o go lde n ha ir "
                "su n sha in ka m a lo ng wi di a n swa lo in di e",
            ),
        ),
        _song(
            "korobeiniki",
            "Коробейники",
            "Russian traditional",
            "A minor",
            shift=-4,
            bpm=148,
            beats=4,
            style="dance",
            verse=(
                "E5 B4*.5 C5*.5 D5 C5*.5 B4*.5 | A4 A4*.5 C5*.5 E5 D5*.5 C5*.5 |"
                "B4*1.5 C5*.5 D5 E5 | C5 A4 A4*1.5 r*.5 |"
                "r*.5 D5 F5*.5 A5 G5*.5 F5*.5 | E5*1.5 C5*.5 E5 D5*.5 C5*.5 |"
                "B4 B4*.5 C5*.5 D5 E5 | C5 A4 A4*1.5 r*.5",
                "Am | F | E7 | Am | Dm | C | E7 | Am",
                "o i po lna po lna ko ro bu shka ye sti si tsi i pa rcha "
                "po zha le i du sha za zno bu shka mo lo de tsko va ple cha",
            ),
            chorus=(
                "E5*2 C5*2 | D5*2 B4*2 | C5*2 A4*2 | G#4*2 B4*2 |"
                "E5*2 C5*2 | D5*2 B4*2 | C5 E5 A5*2 | G#5*3 r",
                "F | G | Am | E7 | F | G | Am | E7",
                "vi du vi du v ro shu vi so ku yu ta m do zhdu sya",
            ),
        ),
        _song(
            "when_the_saints",
            "When the Saints Go Marching In",
            "American spiritual",
            "F major",
            shift=0,
            bpm=172,
            beats=4,
            style="swing",
            voice="male",
            verse=(
                "r F4 A4 Bb4 | C5*3 r | r F4 A4 Bb4 | C5*3 r |"
                "r F4 A4 Bb4 | C5*2 A4*2 | F4*2 A4*2 | G4*3 r",
                "F | F | F | Dm7 | F | F Dm7 | Gm7 | C7",
                "o we n de se go ma chi n o we n de se go ma chi ng",
            ),
            chorus=(
                "r A4 A4 G4 | F4*3 F4 | A4*2 C5*2 | C5 Bb4*2 r |"
                "r r A4 Bb4 | C5*2 A4*2 | F4*2 G4*2 | F4*3 r",
                "F | F7 | F7 | Bb | Bb | F Dm7 | Gm7 C7 | F",
                "o lo ai wa n tu bi i n da nu mba we n de se go ma chi",
            ),
        ),
        _song(
            "amazing_grace",
            "Amazing Grace",
            "American hymn",
            "G major",
            shift=0,
            bpm=96,
            beats=3,
            style="gospel",
            verse=(
                "D4 ^ G4*2 B4*.5 G4*.5 | B4*2 A4 | G4*2 E4 | D4*2 D4 |"
                "G4*2 B4*.5 G4*.5 | B4*2 A4 | D5*3 | D5*2 r",
                "G | G7 | C | G | G | Em7 | D | D7",
                "a me zi n g gre ce ha u swi t de so n d da t se vd a re chi la mi",
            ),
            chorus=(
                "B4 ^ D5*2 B4*.5 G4*.5 | B4*2 A4 | G4*2 E4 | D4*2 D4 |"
                "G4*2 B4*.5 G4*.5 | B4*2 A4 | G4*3 | G4*2 r",
                "G | G7 | C | G | Em7 | D7 | C | G",
                "ai wa ns wa lo s ba t na u ai fa u nd wa s bla i nd ba t na u si",
            ),
        ),
        _song(
            "jasmine_flower",
            "茉莉花",
            "江蘇民歌",
            "C major",
            shift=5,
            bpm=100,
            beats=4,
            style="lofi",
            verse=(
                "E4 E4*.5 G4*.5 A4*.5 C5*.5 C5*.5 A4*.5 | G4 G4*.5 A4*.5 G4*2 |"
                "E4 E4*.5 G4*.5 A4*.5 C5*.5 C5*.5 A4*.5 | G4 G4*.5 A4*.5 G4*2 |"
                "G4 G4 G4 E4*.5 G4*.5 | A4 A4 G4*2 |"
                "E4 D4*.5 E4*.5 G4 E4*.5 D4*.5 | C4 C4*.5 D4*.5 C4*1.5 r*.5",
                "CM7 | Am7 | CM7 | Am7 | Em7 | FM7 G | Am7 Dm7 | CM7",
                "ha o yi i du o o o mo li i hu a " * 2
                + "man yu an hua ka i sa i ye sa i bu guo ta ",
            ),
            chorus=(
                "E4*.5 D4*.5 C4*.5 E4*.5 D4*1.5 E4*.5 | G4 A4*.5 C5*.5 G4*2 |"
                "E4*.5 D4*.5 C4*.5 E4*.5 D4*1.5 E4*.5 | G4 A4*.5 C5*.5 G4*2 |"
                "D4 E4*.5 G4*.5 D4*.5 E4*.5 C4*.5 A3*.5 | G3*2 A3 C4 |"
                "D4*1.5 E4*.5 C4*.5 D4*.5 C4*.5 A3*.5 | C4*3 r",
                "Am7 | CM7 | FM7 | G | Dm7 | Em7 Am7 | Dm7 G | CM7",
                "wo yo u xi n ca i yi i du o da i yo u pa ka n hua de re n er ma",
            ),
        ),
    ]
    return {song.name: song for song in songs}


def find_song(name: str) -> Song:
    """The song called `name`; raises NotFoundError that lists those there are."""
    songs = songbook()
    if name not in songs:
        raise NotFoundError(
            "no such demo song", subject=name, next_step=f"Choose one of: {', '.join(songs)}"
        )
    return songs[name]
