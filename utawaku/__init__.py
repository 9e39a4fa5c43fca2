"""Karaoke streams in, a graded song library out.

The packages below this one are the source folders of the repository (see setup.py).
"""
