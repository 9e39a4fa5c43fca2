"""Outside sources of songs, titles and ids: one file a source, all asked through one client."""
