"""The terminal face. Reads the catalogue, files requests, imports no dagster."""
