"""Dagster software-defined assets, one file per artefact."""
