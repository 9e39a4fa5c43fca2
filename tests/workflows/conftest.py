"""Fixtures of the pipeline, shared with other folders."""

from tests.fixtures.pipeline import folder as folder
from tests.fixtures.pipeline import pipeline as pipeline
from tests.fixtures.pipeline import site as site
from tests.servers.youtube_fixtures import emulated as emulated
