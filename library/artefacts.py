"""The plain spec of each artefact of a stream: the one list that everything else derives from.

The chain, what is pending, what is stale, lineage, the columns of the pipeline screen and the names
that `--again` and `rematerialize` take follow from it. `assets/NAME.py` binds the code to a spec
(docs/howto/add-an-artefact.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Artefact:
    """One artefact of a stream, as pipeline, screen and command line need to know it."""

    name: str
    """Name of its Dagster asset, of its module in `assets/`, and in the catalogue."""
    short_name: str
    """At most four cells, for narrow lists."""
    description: str
    upstream: tuple[str, ...] = ()
    """Artefacts that it is made from; they stand above it in `ARTEFACTS`."""
    model: str = ""
    """The model that makes it: a name in `workflows.model_versions.MODELS`."""
    on_demand: bool = False
    """Made only when somebody asks; else it is part of the chain."""
    reads_pcm: bool = False
    """Reads its songs from the PCM cache, which is kept until all such artefacts are done."""
    command: str = ""
    """The command that makes it; empty for `ingest --again NAME`."""

    @property
    def made_by(self) -> str:
        """The command that makes it, as a user types it."""
        return f"utawaku {self.command or f'ingest --again {self.name} STREAM'}"


ARTEFACTS: Mapping[str, Artefact] = {
    artefact.name: artefact
    for artefact in (
        Artefact("recordings", "rec", "the media file of a stream, and what came along with it"),
        Artefact(
            "segments",
            "seg",
            "speech, music and silence",
            upstream=("recordings",),
            model="segmenter_weights",
        ),
        Artefact(
            "songs",
            "song",
            "where the songs start and stop",
            upstream=("segments",),
            model="song_scorer",
        ),
        Artefact(
            "labels",
            "name",
            "titles and artists",
            upstream=("songs",),
            model="naming_rules",
            reads_pcm=True,
        ),
        Artefact("library_files", "file", "one tagged file a song", upstream=("songs", "labels")),
        Artefact(
            "highlights",
            "best",
            "the best half minute, tempo and key of each song",
            upstream=("library_files",),
            model="highlight_model",
            reads_pcm=True,
        ),
        Artefact(
            "embeddings",
            "ear",
            "the sound of each song, as a vector and as tags",
            upstream=("library_files",),
            model="tagger_weights",
            reads_pcm=True,
        ),
        Artefact(
            "stems",
            "stem",
            "vocals and accompaniment of songs",
            upstream=("library_files",),
            model="separator_weights",
            on_demand=True,
            command="separate QUERY",
        ),
        Artefact(
            "pieces",
            "pcs",
            "vocals and accompaniment of a recording, cut at subtitles",
            upstream=("recordings",),
            model="separator_weights",
            on_demand=True,
            command="separate STREAM --subtitles FILE",
        ),
    )
}
"""By name, in order: what is upstream comes first."""

CHAIN = tuple(name for name, artefact in ARTEFACTS.items() if not artefact.on_demand)
"""The default chain in order."""
UPSTREAM: Mapping[str, tuple[str, ...]] = {
    name: artefact.upstream for name, artefact in ARTEFACTS.items()
}


def with_followers(names: set[str]) -> set[str]:
    """These artefacts and all that are made from them, near or far."""
    found = set(names)
    for name, upstream in UPSTREAM.items():  # in order: what is upstream comes first
        if found.intersection(upstream):
            found.add(name)
    return found


def artefacts_of_model(model: str) -> tuple[str, ...]:
    """Names of the artefacts that a model makes."""
    return tuple(name for name, artefact in ARTEFACTS.items() if artefact.model == model)
