"""Telegram's Bot API as far as `sendMessage`: its answers, its errors, its limits."""

import json
from typing import Any

from tests.servers.posts import PostHandler, PostServer

TOKEN = "123456:AAsecret-of-a-bot"


class Telegram(PostServer):
    """Takes messages of one bot to one chat."""

    def __init__(self, chat: str) -> None:
        self.messages: list[dict[str, Any]] = []
        telegram = self

        class Handler(PostHandler):
            def do_POST(self) -> None:
                body = json.loads(self.body())
                n_units = len(str(body.get("text", "")).encode("utf-16-le")) // 2
                if self.path != f"/bot{TOKEN}/sendMessage":
                    self._refuse(401, "Unauthorized")
                elif str(body.get("chat_id")) != chat:
                    self._refuse(400, "Bad Request: chat not found")
                elif not 0 < n_units <= 4096:
                    self._refuse(400, "Bad Request: message is too long")
                else:
                    telegram.messages.append(body)
                    number = len(telegram.messages)
                    self._answer(200, {"ok": True, "result": {"message_id": number}})

            def _refuse(self, status: int, why: str) -> None:
                self._answer(status, {"ok": False, "error_code": status, "description": why})

            def _answer(self, status: int, content: dict[str, Any]) -> None:
                told = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

        super().__init__(Handler)
