"""Targets of publishing, behind one small protocol."""
