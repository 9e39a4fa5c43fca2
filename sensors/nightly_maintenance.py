"""The schedule of nightly maintenance."""

import dagster as dg

from utawaku.jobs.maintenance import nightly_maintenance

nightly_maintenance_schedule = dg.ScheduleDefinition(
    name="nightly_maintenance_schedule",
    job=nightly_maintenance,
    cron_schedule="17 4 * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Backup, retention and disk budget; a missed night is made up for in the next one.",
)
