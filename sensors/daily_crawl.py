"""Sends the crawler round once a day, where the user wants it."""

import dagster as dg

from utawaku.jobs.crawl import crawl_job

daily_crawl = dg.ScheduleDefinition(
    name="daily_crawl",
    job=crawl_job,
    cron_schedule="43 3 * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Does nothing unless crawl.enabled is on.",
)
