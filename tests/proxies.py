"""nginx and Caddy as `deploy/` sets them up, in front of a real `utawaku serve --public`.

A test changes of the files of `deploy/` what they tell people to change (name, certificate,
secret, password), and what belongs to the machine: ports, and where a program writes.
"""

import base64
import hashlib
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.ports import free_port
from tests.servers.certificates import make_authority
from utawaku.library.web_guard import HOST
from utawaku.tui.serve import DEFAULT_PORT

ROOT = Path(__file__).parent.parent
SITE = "songs.example.org"
ORIGIN = f"https://{SITE}"
SECRET = "a secret of this test alone"
USER, PASSWORD = "singer", "la la la"
LONGEST_S = 120.0
"""How long a program may take until it listens."""


@dataclass(frozen=True)
class Proxy:
    """A proxy that answers."""

    port: int
    """Of TLS."""
    ca_file: Path
    """The authority that signed its certificate."""
    page_address: str
    """What `serve --public` printed, at the address that people type."""


def program(name: str) -> str | None:
    """Return the path of a program; daemons often lie where a user's PATH does not look."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


def nginx_text(folder: Path, *, page: int, port: int, plain: int, by_log_in: bool) -> str:
    """Return deploy/nginx.conf inside the least configuration that nginx starts with."""
    authority = make_authority(folder / "tls", [SITE])
    words = base64.b64encode(hashlib.sha1(PASSWORD.encode()).digest()).decode()
    (folder / "utawaku.htpasswd").write_text(f"{USER}:{{SHA}}{words}\n", "utf-8")
    text = (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
    if not by_log_in:
        text = "".join(line for line in text.splitlines(True) if "# LOG-IN" not in line)
    text = _replaced(
        text,
        {
            f"127.0.0.1:{DEFAULT_PORT}": f"{HOST}:{page}",
            "listen 443 ssl": f"listen {HOST}:{port} ssl",
            "listen 80;": f"listen {HOST}:{plain};",
            f"/etc/ssl/{SITE}.pem": str(authority.certificate_file),
            f"/etc/ssl/{SITE}.key": str(authority.key_file),
            **(
                {
                    "/etc/nginx/utawaku.htpasswd": str(folder / "utawaku.htpasswd"),
                    '"CHANGE-ME-TO-A-LONG-SECRET"': f'"{SECRET}"',
                }
                if by_log_in
                else {}
            ),
        },
    )
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder / kind};\n" for kind in kinds)
    # The folder of a test is its owner's alone.
    user = "user root;\n" if os.geteuid() == 0 else ""
    return (
        f"{user}daemon off;\npid {folder / 'nginx.pid'};\nerror_log stderr;\n"
        f"events {{}}\nhttp {{\n{temporary}{text}}}\n"
    )


def caddy_text(caddy: str, *, page: int, port: int, plain: int, by_log_in: bool) -> str:
    """Return deploy/Caddyfile with a certificate of Caddy's own authority."""
    text = (ROOT / "deploy" / "Caddyfile").read_text("utf-8")
    if by_log_in:
        made = [caddy, "hash-password", "--plaintext", PASSWORD]
        words = subprocess.run(made, capture_output=True, text=True, check=True).stdout.strip()
        text = _replaced(
            text, {"REPLACE-BY-THE-HASH": words, '"CHANGE-ME-TO-A-LONG-SECRET"': f'"{SECRET}"'}
        )
    else:
        text = re.sub(r"^.*# LOG-IN$\n", "", text, flags=re.MULTILINE)
    text = _replaced(text, {f"127.0.0.1:{DEFAULT_PORT}": f"{HOST}:{page}"})
    own = "admin off\nlocal_certs\nskip_install_trust\n"
    return f"{{\n{own}default_bind {HOST}\nhttps_port {port}\nhttp_port {plain}\n}}\n{text}"


@contextmanager
def serving(
    name: str, folder: Path, *, by_log_in: bool, changes: Mapping[str, str] | None = None
) -> Iterator[Proxy]:
    """Run `utawaku serve --public` behind a proxy.

    Args:
        name: `nginx` or `caddy`; the program is there.
        folder: where both may write.
        by_log_in: whether the proxy asks for name and password, or the page for its token.
        changes: further words of the example, and what stands in their place.
    """
    found = program(name)
    assert found is not None
    page, port, plain = free_port(), free_port(), free_port()
    settings = {"UTAWAKU_HOME": str(folder / "home"), "UTAWAKU_WEB__PUBLIC_URLS": f'["{ORIGIN}"]'}
    if by_log_in:
        settings |= {"UTAWAKU_WEB__LOGIN_HEADER": "X-Remote-User",
                     "UTAWAKU_WEB__PROXY_SECRET": SECRET}  # fmt: skip
    if name == "nginx":
        text = nginx_text(folder, page=page, port=port, plain=plain, by_log_in=by_log_in)
        command = [found, "-c", str(folder / "nginx.conf")]
        asked = [*command, "-t"]
        ca_file = folder / "tls" / "ca.pem"
    else:
        text = caddy_text(found, page=page, port=port, plain=plain, by_log_in=by_log_in)
        told = ["--config", str(folder / "caddy.conf"), "--adapter", "caddyfile"]
        command, asked = [found, "run", *told], [found, "validate", *told]
        ca_file = folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"
    (folder / f"{name}.conf").write_text(_replaced(text, changes or {}), "utf-8")
    places = {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    checked = subprocess.run(
        asked, env={**os.environ, **places}, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    serve = [sys.executable, "-m", "utawaku", "serve", "--public", "--port", str(page)]
    with (
        _running(serve, folder / "page.log", page, settings),
        _running(command, folder / "proxy.log", port, places),
    ):
        _until_encrypted(port)
        address = (folder / "page.log").read_text("utf-8").split()[0]
        yield Proxy(port, ca_file, address)


@contextmanager
def _running(command: list[str], log: Path, port: int, more: Mapping[str, str]) -> Iterator[None]:
    """Run a program from when it listens until the end of the block."""
    with log.open("wb") as told:
        process = subprocess.Popen(
            command, env={**os.environ, **more}, stdout=told, stderr=told, cwd=ROOT
        )
    try:
        deadline = time.monotonic() + LONGEST_S
        while True:
            with socket.socket() as probe:
                if probe.connect_ex((HOST, port)) == 0:
                    break
            assert process.poll() is None, log.read_text("utf-8")
            assert time.monotonic() < deadline, log.read_text("utf-8")
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(30)


def _until_encrypted(port: int) -> None:
    """Wait until a proxy has its certificate: Caddy listens before."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # each test trusts the authority alone
    deadline = time.monotonic() + LONGEST_S
    while True:
        try:
            with (
                socket.create_connection((HOST, port)) as opened,
                context.wrap_socket(opened, server_hostname=SITE),
            ):
                return
        except ssl.SSLError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def _replaced(text: str, changes: Mapping[str, str]) -> str:
    """Replace in the text what is there; what is not there any more is a fault of the test."""
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text
