"""Fixtures of engines, shared with other folders."""

from tests.fixtures.segmenter_weights import weights_dir as weights_dir
