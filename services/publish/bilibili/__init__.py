"""Bilibili, spoken through biliup.

biliup is imported late: it costs most of a second and is needed only when something is sent.
"""
