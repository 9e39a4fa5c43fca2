"""Finding candidates: searches by words, channels of liked streams, related lists."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from utawaku.library.errors import BotCheckError, RateLimitedError, UtawakuError
from utawaku.library.records import Candidate, Song, Stream
from utawaku.library.subscriptions import ChannelRules, judge
from utawaku.services.downloader import Downloader, ListedStream

SeedKind = Literal["words", "channel", "related", "url"]
MAX_WORDS = 120


@dataclass(frozen=True, slots=True)
class Seed:
    """One place to look at."""

    kind: SeedKind
    address: str
    """The address that the downloader lists: `ytsearchN:words` or an address."""
    why: str
    """For the user: which search or liked song led there."""
    rules: ChannelRules | None = None
    """Filter of its own; None is that of all."""


@dataclass(frozen=True, slots=True)
class Found:
    """A candidate as a listing told of it."""

    key: str
    url: str
    title: str
    duration_s: float | None
    why: str

    def candidate(self) -> Candidate:
        """The record to be kept."""
        return Candidate(
            0, self.key, self.url, self.title, duration_s=self.duration_s, source=self.why
        )


@dataclass
class Findings:
    """The result of a search."""

    found: list[Found] = field(default_factory=list)
    n_looks: int = 0
    """Answers of sites; what failed is none."""
    failures: list[str] = field(default_factory=list)
    refused: UtawakuError | None = None
    """Set where the site asked for a cooldown; nothing was asked after that."""
    refused_at: str = ""
    """The address that was refused."""


def seeds_from(
    liked: Sequence[tuple[Song, Stream]],
    words: Sequence[str] = (),
    urls: Sequence[str] = (),
    *,
    searches: Sequence[tuple[str, str, ChannelRules]] = (),
    liked_words: str = "歌枠",
    uploads: bool = False,
    per_search: int = 20,
    limit: int = 20,
) -> list[Seed]:
    """Seeds in the order of their promise: the user's own words and addresses, singers, songs.

    Args:
        liked: liked songs with their streams, the latest first.
        words: searches of the user's own.
        urls: channels or lists to go through.
        searches: words or an address (the other is empty), and what is kept of that search.
        liked_words: added to the names of liked songs.
        uploads: of channels look through the uploads, not the broadcasts.
        per_search: results asked of each search.
        limit: how many seeds at most.
    """
    seeds = [
        *(
            _search(text, per_search, f"search: {text}", rules)
            if text
            else Seed("url", url, url, rules)
            for text, url, rules in searches
        ),
        *(Seed("url", url, url) for url in urls),
        *(_search(text, per_search, f"search: {text}") for text in words),
    ]
    singers = Counter(
        (stream.channel_id, stream.channel)
        for _, stream in liked
        if stream.site == "youtube" and stream.channel_id
    )
    for (channel_id, name), n_liked in singers.most_common():
        tab = "videos" if uploads else "streams"
        address = f"https://www.youtube.com/channel/{channel_id}/{tab}"
        seeds.append(Seed("channel", address, f"{n_liked} liked song(s) of {name}"))
    for song, stream in liked:
        if song.title:
            text = f"{song.title} {song.artist} {liked_words}"
            seeds.append(_search(text, per_search, f"liked: {song.title}"))
        if stream.site == "youtube" and stream.site_id:
            address = f"https://www.youtube.com/watch?v={stream.site_id}&list=RD{stream.site_id}"
            seeds.append(Seed("related", address, f"related to {stream.title or stream.id}"))
    return list({seed.address: seed for seed in seeds}.values())[:limit]


def search(
    downloader: Downloader,
    seeds: Iterable[Seed],
    *,
    budget: int,
    rules: ChannelRules | None = None,
    per_look: int = 20,
    allowed: Callable[[str], bool] = lambda _: True,
) -> Findings:
    """List every seed and keep what the rules let through, each stream once.

    A seed that fails does not stop the others, and is no look; a refusal (bot check, 429) ends it.

    Args:
        downloader: asks the sites, with its pauses.
        seeds: where to look.
        budget: how many seeds may answer.
        rules: what is kept where a seed has no rules; by default titles of karaoke of more than ten
            minutes.
        per_look: entries read of each seed.
        allowed: asked with the address before each look; False leaves that one out.
    """
    wanted = rules or ChannelRules(title=("@all",), min_duration_s=600)
    findings = Findings()
    seen: set[str] = set()
    for seed in seeds:
        if findings.n_looks >= budget:
            break
        if not allowed(seed.address):
            continue
        try:
            listing = downloader.list_channel(seed.address, limit=per_look)
        except (BotCheckError, RateLimitedError) as error:
            findings.n_looks += 1  # it was asked, and says so: a day of it counts
            findings.refused, findings.refused_at = error, seed.address
            break
        except UtawakuError as error:
            findings.failures.append(f"{seed.why}: {error.problem}")
            continue
        findings.n_looks += 1
        for entry in listing.entries:
            key = entry.stream_id or entry.url
            if key not in seen and _is_wanted(entry, seed.rules or wanted):
                seen.add(key)
                findings.found.append(
                    Found(key, entry.url, entry.title, entry.duration_s, seed.why)
                )
    return findings


def _is_wanted(entry: ListedStream, rules: ChannelRules) -> bool:
    if not entry.title or entry.live_status in ("is_live", "is_upcoming"):
        return False
    return judge(
        rules,
        title=entry.title,
        duration_s=entry.duration_s,
        live_status=entry.live_status,
        uploaded_at=entry.uploaded_at,
        availability=entry.availability,
    ).taken


def _search(text: str, n: int, why: str, rules: ChannelRules | None = None) -> Seed:
    words = " ".join(text.split())[:MAX_WORDS]
    return Seed("words", f"ytsearch{n}:{words}", why, rules)
