"""Publishing: plans, their limits, and the state of each submission.

Pure logic: no network, no engine. The uploaders in `services.publish` carry it out, the store
keeps it, the screens show it.
"""
