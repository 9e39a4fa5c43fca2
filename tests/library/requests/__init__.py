"""Tests of utawaku.library.requests."""
