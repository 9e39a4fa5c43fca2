"""Dagster helpers: partitions, resources, versions, the state of runs."""
