"""`utawaku status --serve`: Prometheus text on loopback."""

import threading
import urllib.error
import urllib.request

import pytest

from utawaku.commands.metrics_server import metrics_server
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import UtawakuError


def test_metrics_are_served_to_this_machine_and_a_broken_catalogue_is_an_answer(
    settings: Settings,
) -> None:
    Catalogue.open(settings).close()
    with metrics_server(settings, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        token = (settings.data_dir / "web-token").read_text("utf-8")
        bearer = {"Authorization": f"Bearer {token}"}

        def ask(path: str, **headers: str) -> urllib.request.Request:
            return urllib.request.Request(address + path, headers=bearer | headers)

        for request in (f"{address}/metrics", ask("/metrics", Origin="http://other.example")):
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(request, timeout=20)
            assert refused.value.code == 403
        with urllib.request.urlopen(ask("/metrics"), timeout=20) as answer:
            assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
            assert b"utawaku_up 0" in answer.read()
        with pytest.raises(UtawakuError, match="nothing can be served"):
            metrics_server(settings, server.server_port)
        (settings.data_dir / "catalogue.db").write_bytes(b"no database" * 1000)
        for path, status in (("/metrics", 503), ("/etc/passwd", 404)):
            with pytest.raises(urllib.error.HTTPError) as raised:
                urllib.request.urlopen(ask(path), timeout=20)
            assert raised.value.code == status
        server.shutdown()
