"""Dagster sensors and schedules: what starts the work."""
