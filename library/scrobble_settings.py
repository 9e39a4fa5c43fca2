"""Settings of telling others what was heard."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from utawaku.library.secret_url import SecretUrl


class ScrobbleSettings(BaseModel):
    """Scrobbling of plays."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    listenbrainz: bool = Field(
        default=False,
        description="Tell ListenBrainz what you hear: half of a song, or four minutes of it.",
    )
    listenbrainz_grades: bool = Field(
        default=False,
        description="Tell ListenBrainz also what you like and dislike, of songs that MusicBrainz "
        "knows: a grade of 1 is sent as loved, -1 as hated.",
    )
    listenbrainz_token: SecretStr = Field(
        default=SecretStr(""), description="Your user token, from listenbrainz.org/settings."
    )
    listenbrainz_url: SecretUrl = Field(
        default=SecretUrl("https://api.listenbrainz.org"),
        description="Address of ListenBrainz, or of a server that speaks as it does.",
    )
