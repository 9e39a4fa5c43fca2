"""Limits of sensors' ticks, for the services that `up` starts and for the ticks themselves."""

N_WORKERS = 16
"""Threads of the daemon for ticks: more than there are sensors, as one that waits holds one."""
TICK_WITHIN_S = 180
"""Seconds in which a tick has to end, work and wait together; 60 by Dagster's default."""
