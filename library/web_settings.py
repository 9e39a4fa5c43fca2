"""Settings of the highlight page of `utawaku serve`."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr

MB = 1_000_000


class WebSettings(BaseModel):
    """The highlight page of `utawaku serve`: how much may be uploaded, and for how long."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_file_mb: int = Field(default=2_000, ge=1, description="Largest file in MB.")
    max_files: int = Field(default=100, ge=1, description="Uploaded files kept at a time.")
    max_total_mb: int = Field(
        default=10_000, ge=1, description="Room for all uploaded files together, in MB."
    )
    max_jobs: int = Field(
        default=20, ge=1, description="Orders for highlights or a playlist that may wait at a time."
    )
    keep_hours: float = Field(
        default=24.0, gt=0, description="Hours until uploads, highlights and playlists are removed."
    )
    public_urls: tuple[str, ...] = Field(
        default=(),
        description="Addresses at which a proxy serves the page (`serve --public`), such as "
        "https://songs.example.org; requests for other hosts are refused.",
    )
    login_header: str = Field(
        default="",
        description="Header in which the proxy says who it has logged in, e.g. X-Remote-User; "
        "empty asks for a token instead.",
    )
    proxy_secret: SecretStr = Field(
        default=SecretStr(""),
        description="Secret that the proxy sends as X-Utawaku-Proxy; without it no log-in by a "
        "header counts.",
    )
    public_library: bool = Field(
        default=False,
        description="Songs of the library are found and heard on the public page, too.",
    )
