"""Settings of the highlight page of `utawaku serve`."""

from pydantic import BaseModel, ConfigDict, Field

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
