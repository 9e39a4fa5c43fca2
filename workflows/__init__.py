"""Use cases over library, media, models and services, free of Dagster."""
