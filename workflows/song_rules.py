"""Song rules of one channel, fitted to what the user said of its songs, and taken back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import UsageError
from utawaku.library.progress import Progress, part, silent
from utawaku.library.records import Channel, Stream
from utawaku.library.sites import full_address
from utawaku.library.subscriptions import ChannelRules
from utawaku.models.segmentation import Segmentation
from utawaku.models.songs import SongRules
from utawaku.models.training.judgements import Span
from utawaku.models.training.song_rules import Fit, JudgedStream, fit_rules
from utawaku.workflows.judged_streams import check_enough, judgements_of
from utawaku.workflows.segments import analysis_file
from utawaku.workflows.setlists import best_setlist, setlists_in, writings_of
from utawaku.workflows.song_network import song_network
from utawaku.workflows.songs import found_songs, rules_of

LEAST_CORRECTIONS = 5
"""Songs that the user has to have judged before thresholds are fitted to them."""
_BEFORE = "song_rules.before_training."


def streams_named(names: Sequence[str], catalogue: Catalogue) -> list[Stream]:
    """The streams with these ids or addresses, in this order.

    Raises:
        NotFoundError: there is none for one of them.
    """
    return [
        catalogue.streams.find(name)
        or catalogue.streams.by_url(full_address(name))
        or catalogue.streams.get(name)
        for name in names
    ]


def channel_of_streams(streams: Sequence[Stream], catalogue: Catalogue) -> Channel:
    """The one channel that streams are of, also where the user does not follow it.

    Raises:
        UsageError: they are of several channels, or of none.
    """
    found: dict[str, Channel] = {}
    for stream in streams:
        channel = catalogue.channels.of_stream(stream) or _not_followed(stream)
        found[channel.id] = channel
    if len(found) != 1:
        raise UsageError(
            "these streams are of several channels",
            subject=", ".join(found),
            next_step="Give streams of one channel, or its name by --channel",
        )
    return next(iter(found.values()))


def channel_named(name: str, catalogue: Catalogue) -> Channel:
    """The channel with this id, address or title.

    Raises:
        NotFoundError: there is none.
        UsageError: several have this title.
    """
    exact = catalogue.channels.find(name) or catalogue.channels.by_url(name)
    if exact is not None:
        return exact
    titled = [one for one in catalogue.channels.all() if one.title == name]
    if len(titled) > 1:
        raise UsageError(
            "several channels have this title",
            subject=name,
            next_step=f"Give the id: {', '.join(one.id for one in titled)}",
        )
    return titled[0] if titled else catalogue.channels.get(name)


def streams_of(channel: Channel, catalogue: Catalogue) -> list[Stream]:
    """Streams that the rules of a channel hold for."""
    found = []
    for stream in catalogue.streams.all():
        owner = catalogue.channels.of_stream(stream)
        if owner is not None and owner.id == channel.id:
            found.append(stream)
    return found


def fit_channel(
    channel: Channel,
    streams: Sequence[Stream],
    catalogue: Catalogue,
    settings: Settings,
    progress: Progress = silent,
) -> Fit:
    """Fit the song rules of a channel to the user's corrections of some of its streams.

    Raises:
        NotFoundError: the user has judged too few of their songs.
    """
    judged = []
    for number, stream in enumerate(streams):
        progress(0.1 * number / max(len(streams), 1), stream.title)
        one = _judged(stream, catalogue, settings)
        if one is not None:
            judged.append(one)
    check_enough(judged, LEAST_CORRECTIONS, channel.title or channel.id)
    rules = SongRules.model_validate({**settings.songs, **channel.rules.get("songs", {})})
    return fit_rules(rules, judged, part(progress, 0.1, 1.0))


def install(channel: Channel, changes: Mapping[str, Any], catalogue: Catalogue) -> None:
    """Make fitted thresholds rules of the channel; what they replace is kept for `reset`."""
    songs = dict(channel.rules.get("songs", {}))
    before = dict(catalogue.memories.recall(_BEFORE + channel.id, {}))
    for name in changes:
        before.setdefault(name, songs.get(name))
    catalogue.memories.keep(_BEFORE + channel.id, before)
    _save(channel, {**songs, **changes}, catalogue)


def reset(channel: Channel, catalogue: Catalogue) -> dict[str, Any]:
    """Take fitted thresholds back; the channel has again what was there before the first fit.

    Returns the thresholds that were taken back, with the values that hold again (None: the general
    setting); empty where nothing was fitted.
    """
    before = dict(catalogue.memories.recall(_BEFORE + channel.id, {}))
    if before:
        songs = {k: v for k, v in channel.rules.get("songs", {}).items() if k not in before}
        songs |= {name: value for name, value in before.items() if value is not None}
        _save(channel, songs, catalogue)
        catalogue.memories.keep(_BEFORE + channel.id, {})
    return before


def _save(channel: Channel, songs: Mapping[str, Any], catalogue: Catalogue) -> None:
    # The fit and the question take a while, in which the channel may have been polled.
    present = catalogue.channels.find(channel.id) or channel
    rules = ChannelRules.read({**present.rules, "songs": dict(songs)}, subject=channel.url)
    catalogue.channels.save(replace(present, rules=rules.plain()))


def _not_followed(stream: Stream) -> Channel:
    """A record for the channel of a stream that came in by itself; nothing is saved yet."""
    if not stream.channel_id:
        raise UsageError(
            "this stream is of no channel",
            subject=stream.id,
            next_step="Its thresholds are the general ones: `utawaku settings songs`",
        )
    name = f"{stream.site}:{stream.channel_id}"
    return Channel(name, name, title=stream.channel, site=stream.site, followed=False)


def _judged(stream: Stream, catalogue: Catalogue, settings: Settings) -> JudgedStream | None:
    """Read what the user judged; None where it is nothing, or segments are missing."""
    judged = judgements_of(stream, catalogue)
    file = analysis_file(stream.id, settings)
    if not judged.n or not file.is_file():
        return None
    segmentation = Segmentation.load(file)
    written = setlists_in(writings_of(stream, settings), stream, catalogue.songs.artists())
    setlist = best_setlist(stream, catalogue, settings, found=written)
    network = song_network(settings)
    own = {"whole": rules_of(stream, catalogue, settings).whole}

    def find(rules: SongRules) -> list[Span]:
        mine = rules.model_copy(update=own)
        found, _ = found_songs(segmentation, mine, setlist, written, network)
        return [(song.start_s, song.stop_s) for song in found]

    return JudgedStream(judged.songs, judged.no_songs, judged.unjudged, judged.unknown, find)
