"""Dagster sensors and schedules: what starts the work."""

import warnings

# Dagster 1.13 warns of a beta parameter that its own decorator passes, not we.
warnings.filterwarnings("ignore", message=r"Parameter `owners` of initializer `SensorDefinition")
