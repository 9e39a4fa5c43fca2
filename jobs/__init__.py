"""Dagster jobs, one file per family."""

import utawaku.assets  # noqa: F401  jobs select artefacts, and the assets bind them
