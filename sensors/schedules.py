"""What happens by the clock: the nightly round through the house."""

import dagster as dg

from utawaku.jobs.maintenance import keep_house

nightly = dg.ScheduleDefinition(
    name="nightly",
    job=keep_house,
    cron_schedule="17 4 * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Tidies up every night; a missed night is made up for in the next one.",
)
