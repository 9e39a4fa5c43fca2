"""A web address that takes JSON posts, as the Apprise API does."""

import json
from typing import Any

from tests.servers.posts import PostHandler, PostServer


class Webhook(PostServer):
    """Answers each post with `status` and keeps what came."""

    def __init__(self, status: int = 200) -> None:
        self.received: list[dict[str, Any]] = []
        webhook = self

        class Handler(PostHandler):
            def do_POST(self) -> None:
                body = self.body()
                assert self.headers["Content-Type"] == "application/json"
                webhook.received.append(json.loads(body))
                self.send_response(status)
                self.end_headers()

        super().__init__(Handler)
        self.url += "/notify/secret-key"
