"""Runs the unmodified Spleeter (see README.md)."""
