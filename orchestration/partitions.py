"""What the pipeline is divided by: one partition a stream."""

import dagster as dg

stream_partitions = dg.DynamicPartitionsDefinition(name="stream")
"""Keys are stream ids. Songs are rows of the catalogue, never partitions: Dagster's daemon starts
about one run a second, and a library holds 30,000 songs in about 3,000 streams."""
