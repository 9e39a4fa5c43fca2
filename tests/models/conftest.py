"""Fixtures of engines, shared with other folders."""

from tests.fixtures.segmenter_weights import weights_dir as weights_dir

# YouTube, for files that have no site of their own.
from tests.servers.youtube_fixtures import downloader as downloader
from tests.servers.youtube_fixtures import emulated as emulated
from tests.servers.youtube_fixtures import site as site
