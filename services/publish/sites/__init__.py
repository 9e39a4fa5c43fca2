"""Further sites to publish to, one module each (docs/howto/add-a-site.md).

A module has `uploader(account, options)`, which returns a `services.publish.protocol.Uploader`.
"""
