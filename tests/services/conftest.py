"""YouTube, for tests that have no site of their own."""

from tests.servers.youtube_fixtures import downloader as downloader
from tests.servers.youtube_fixtures import emulated as emulated
from tests.servers.youtube_fixtures import site as site
