"""Words for what the catalogue stores as ids: states, steps, sources, modes of the player."""

from utawaku.library.language import msg, tr

WORDS = {
    # States of requests, artefacts, submissions and parts.
    "queued": msg("queued"),
    "running": msg("running"),
    "done": msg("done"),
    "failed": msg("failed"),
    "cancelled": msg("cancelled"),
    "failed again": msg("failed again"),
    "check failed": msg("check failed"),
    "draft": msg("draft"),
    "uploading": msg("uploading"),
    "uploaded": msg("uploaded"),
    "submitting": msg("submitting"),
    "published": msg("published"),
    "held": msg("held"),
    "waiting": msg("waiting"),
    "skipped": msg("skipped"),
    "asked": msg("asked"),
    "error": msg("error"),
    "warning": msg("warning"),
    # Limits.
    "free": msg("free"),
    "off": msg("off"),
    "waits": msg("waits"),
    # Artefacts.
    "recordings": msg("recordings"),
    "segments": msg("segments"),
    "songs": msg("songs"),
    "labels": msg("labels"),
    "library_files": msg("library files"),
    "highlights": msg("highlights"),
    "embeddings": msg("embeddings"),
    "stems": msg("stems"),
    "pieces": msg("pieces"),
    # Sources of labels and cuts.
    "user": msg("user"),
    "setlist": msg("setlist"),
    "whole": msg("whole"),
    "fingerprint": msg("fingerprint"),
    "comment": msg("comment"),
    "description": msg("description"),
    "chapters": msg("chapters"),
    "live_chat": msg("live chat"),
    "subtitles": msg("subtitles"),
    # What viewers marked at SponsorBlock.
    "music_offtopic": msg("no music"),
    "sponsor": msg("advert"),
    "selfpromo": msg("advert of their own"),
    "interaction": msg("reminder to subscribe"),
    "intro": msg("intro"),
    "outro": msg("outro"),
    "preview": msg("preview"),
    # Flags of songs.
    "long": msg("long"),
    "short": msg("short"),
    "fade_in": msg("fade in"),
    "fade_out": msg("fade out"),
    # Modes of the player.
    "mix": msg("mix"),
    "vocals": msg("vocals"),
    "accompaniment": msg("accompaniment"),
    "all": msg("all"),
    "one": msg("one"),
}


def word(name: str) -> str:
    """Return the word for an id in the user's language; an id without a word as it is."""
    return tr(WORDS.get(name, "")) or name.replace("_", " ")
