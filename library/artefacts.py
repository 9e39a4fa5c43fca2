"""What is made of every stream, in order: the one list for pipeline and screen."""

CHAIN = ("recordings", "segments", "songs", "labels", "library_files", "highlights", "embeddings")
"""The default chain in order; each depends on those before it."""
ON_REQUEST = ("stems", "pieces")
"""Made only when somebody asks."""
OF_A_STREAM = (*CHAIN, *ON_REQUEST)
SHORT_NAMES = {
    "recordings": "rec",
    "segments": "seg",
    "songs": "song",
    "labels": "name",
    "library_files": "file",
    "highlights": "best",
    "embeddings": "ear",
    "stems": "stem",
    "pieces": "pcs",
}
"""At most four cells, for narrow lists."""
