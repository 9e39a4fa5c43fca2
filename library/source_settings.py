"""Settings of outside sources of songs, titles and ids: each behind its own switch, all off."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from utawaku.library.secret_url import SecretUrl


class SourceSettings(BaseModel):
    """Outside sources besides Shazam."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    contact: str = Field(
        default="",
        description="Mail or web address that sources are told with each request; MusicBrainz asks "
        "for one.",
    )
    holodex: bool = Field(
        default=False, description="Ask Holodex for the songs and comments of YouTube streams."
    )
    holodex_key: SecretStr = Field(
        default=SecretStr(""), description="API key, from the account settings of holodex.net."
    )
    holodex_url: SecretUrl = Field(
        default=SecretUrl("https://holodex.net"), description="Address of Holodex."
    )
    holodex_per_minute: float = Field(default=20.0, gt=0, description="Requests a minute.")
    bilibili_music: bool = Field(
        default=False,
        description="Ask Bilibili which background music it heard in a video (it may want a "
        "log-in for that).",
    )
    bilibili_url: SecretUrl = Field(
        default=SecretUrl("https://api.bilibili.com"), description="Address of its API."
    )
    bilibili_per_minute: float = Field(default=10.0, gt=0, description="Requests a minute.")
    musicbrainz: bool = Field(
        default=False, description="Ask MusicBrainz for ids, spelling and aliases of named songs."
    )
    musicbrainz_url: SecretUrl = Field(
        default=SecretUrl("https://musicbrainz.org"),
        description="Address of MusicBrainz or a mirror.",
    )
    musicbrainz_per_minute: float = Field(
        default=50.0, gt=0, le=60, description="Requests a minute; it allows one a second."
    )
    acoustid: bool = Field(
        default=False,
        description="Ask AcoustID for songs nobody named, by Chromaprint's fingerprint; only whole "
        "original recordings are found.",
    )
    acoustid_key: SecretStr = Field(
        default=SecretStr(""), description="Key of an application registered at acoustid.org."
    )
    acoustid_url: SecretUrl = Field(
        default=SecretUrl("https://api.acoustid.org"), description="Address of it."
    )
    acoustid_per_minute: float = Field(
        default=60.0, gt=0, le=180, description="Requests a minute; it allows three a second."
    )
    sponsorblock: bool = Field(
        default=False,
        description="Ask SponsorBlock where viewers of a YouTube stream hear no music, and for the "
        "chapters that they named; four digits of a hash of the stream's id are sent.",
    )
    sponsorblock_url: SecretUrl = Field(
        default=SecretUrl("https://sponsor.ajay.app"),
        description="Address of SponsorBlock or a mirror.",
    )
    sponsorblock_per_minute: float = Field(default=20.0, gt=0, description="Requests a minute.")
    lrclib: bool = Field(
        default=False, description="Ask LRCLIB for lyrics, when a song is sung in karaoke mode."
    )
    lrclib_url: SecretUrl = Field(
        default=SecretUrl("https://lrclib.net"), description="Address of LRCLIB."
    )
    lrclib_per_minute: float = Field(default=30.0, gt=0, description="Requests a minute.")
