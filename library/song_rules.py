"""Every threshold of song cutting, with its default; a channel may override any of them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class SongRules(BaseModel):
    """Rules that turn segments into songs. Immutable; seconds unless the name says otherwise.

    The `classic_*` thresholds are the published rules of the stream segmenter and apply to
    `strategy = "classic"` only; the others belong to the `smart` strategy and to setlists.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    strategy: Literal["smart", "classic"] = "smart"
    """`smart` listens for openings, endings and joins; `classic` counts seconds of music."""

    long_song_s: float = Field(default=600.0, gt=0)
    """Anything longer is flagged `long`, never dropped."""

    whole: Literal["auto", "always", "never"] = "auto"
    """Recordings that are one song as a whole, as uploads of music and files of a collection are:
    `auto` takes one whole if it is music from start to stop and no song can be cut out of it,
    `always` takes every recording whole, `never` none."""
    whole_max_s: float = Field(default=600.0, gt=0)
    """`auto` takes no longer recording whole."""
    whole_music: float = Field(default=0.8, ge=0, le=1)
    """Least share of music in the sound of a recording that `auto` takes whole."""

    # --- smart -------------------------------------------------------------------------------
    min_song_s: float = Field(default=25.0, ge=0)
    """Shorter finds are taken for jingles and broken-off starts, unless a setlist names them."""
    short_song_s: float = Field(default=60.0, ge=0)
    """Anything shorter is flagged `short`."""
    edge_s: float = Field(default=5.0, ge=0)
    """A find that starts this near to the start of the recording is taken for its opening."""
    end_edge_s: float = Field(default=1.0, ge=0)
    """A find that stops this near to the end of the recording is taken for its closing."""
    boundary_bias: float = -0.25
    """Added to the evidence of each start and stop: more finds above 0, fewer below."""
    turn_bias: float = -0.5
    """Added where one song would turn straight into the next: more such cuts above, fewer below."""
    drop_false_starts: bool = True
    """Leave out a short find that begins just like the next song: broken off and begun again."""
    false_start_s: float = Field(default=75.0, ge=0)
    """Only finds shorter than this can be false starts."""

    # --- with a setlist ----------------------------------------------------------------------
    setlist_tolerance_s: float = Field(default=40.0, ge=0)
    """A listed start and a found start this near to each other are one song."""
    setlist_snap_s: float = Field(default=12.0, ge=0)
    """The distance by which a listed start may be moved to the onset of music."""
    setlist_max_song_s: float = Field(default=480.0, gt=0)
    """A listed song that nothing ends is cut at this length."""

    # --- classic -----------------------------------------------------------------------------
    classic_bridge_silence_s: float = Field(default=2.0, ge=0)
    """A noEnergy stretch shorter than this between two alike segments joins them."""
    classic_keep_music_s: float = Field(default=60.0, ge=0)
    """Music runs longer than this are kept."""
    classic_pad_before_s: float = Field(default=1.0, ge=0)
    """Each run of music begins this much earlier."""
    classic_pad_after_s: float = Field(default=2.0, ge=0)
    """Each run of music ends this much later."""
    classic_merge_gap_s: float = Field(default=5.0, ge=0)
    """Padded runs at most this far apart become one."""
    classic_edge_s: float = Field(default=5.0, ge=0)
    """Runs that start within this time from the start are dropped."""
    classic_min_song_s: float = Field(default=80.0, ge=0)
    """After padding and merging, anything shorter is dropped."""
