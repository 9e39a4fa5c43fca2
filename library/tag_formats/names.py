"""Names of the fields in files, and of what utawaku adds."""

EXTRA_PREFIX = "UTAWAKU_"
FIELD_NAMES = {
    "performer": "PERFORMER",
    "source_url": "WEBSITE",
    "isrc": "ISRC",
    "musicbrainz_id": "MUSICBRAINZ_TRACKID",
    "replaygain_gain_db": "REPLAYGAIN_TRACK_GAIN",
    "replaygain_peak": "REPLAYGAIN_TRACK_PEAK",
    "stars": "RATING",
    "grade": "UTAWAKU_GRADE",
    "title": "TITLE",
    "artist": "ARTIST",
    "album": "ALBUM",
    "album_artist": "ALBUMARTIST",
    "date": "DATE",
    "track": "TRACKNUMBER",
    "n_tracks": "TRACKTOTAL",
    "comment": "COMMENT",
    "genre": "GENRE",
    "lyrics": "LYRICS",
    "original_artist": "ORIGINALARTIST",
    "bpm": "BPM",
    "key": "KEY",
    "taste": "UTAWAKU_TASTE",
    "heard_tags": "UTAWAKU_TAGS",
}
OTHER_NAMES = {
    "album_artist": ("ALBUM ARTIST",),
    "comment": ("DESCRIPTION",),
    "date": ("YEAR",),
    "key": ("INITIALKEY",),
    "lyrics": ("UNSYNCEDLYRICS",),
    "musicbrainz_id": ("MUSICBRAINZ TRACK ID",),
    "n_tracks": ("TOTALTRACKS",),
    "original_artist": ("ORIGINAL ARTIST",),
}
"""Names that other programs give a field, read where its own name is missing."""
WRITTEN_STARS = "UTAWAKU_STARS"
"""The stars as utawaku wrote them last, to tell a rating that another program changed."""
FMPS_RATING = "FMPS_RATING"
OWN_NAMES = {*(FIELD_NAMES[name] for name in ("grade", "taste", "heard_tags")), WRITTEN_STARS}
"""Free tags with utawaku's prefix that hold fields."""
