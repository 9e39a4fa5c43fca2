"""What is to be published where: plans, their limits, and how far each submission is.

Pure logic: no network, no engine. The uploaders in `services.publish` carry it out, the store
keeps it, the screens show it.
"""
