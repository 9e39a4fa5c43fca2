"""Secrets that a test gives the program, and a search for them in all that it leaves behind."""

from collections.abc import Iterable
from pathlib import Path

COOKIE = "c00kie-of-the-test-8d1f"
TOKEN = "t0ken-of-the-webhook-55aa"
PASSWORD = "passw0rd-of-the-share-77c3"
ALL = (COOKIE, TOKEN, PASSWORD)


def write_cookies(folder: Path, host: str) -> Path:
    """A cookies file that only its owner may read."""
    file = folder / "cookies.txt"
    line = "\t".join((host, "FALSE", "/", "FALSE", "4102444800", "session", COOKIE))
    file.write_text(f"# Netscape HTTP Cookie File\n{line}\n", "utf-8")
    file.chmod(0o600)
    return file


def environment(cookies: Path, webhook: str) -> dict[str, str]:
    """Settings that hold the secrets. `webhook` is an address whose path ends with `TOKEN`."""
    return {
        "UTAWAKU_DOWNLOAD__COOKIES_FILE": str(cookies),
        "UTAWAKU_NOTICES__WEBHOOK": webhook,
        "UTAWAKU_PUBLISH__WEBDAV_URL": f"http://somebody:{PASSWORD}@127.0.0.1:9/?token={TOKEN}",
        "UTAWAKU_PUBLISH__WEBDAV_USER": "somebody",
        "UTAWAKU_PUBLISH__WEBDAV_PASSWORD": PASSWORD,
    }


def found_in(folder: Path, *, leave_out: Iterable[Path] = ()) -> dict[str, str]:
    """Files (databases, event logs, tags, everything) that hold a secret, and which."""
    without = {path.resolve() for path in leave_out}
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and path.resolve() not in without:
            content = path.read_bytes()
            found |= {str(path): secret for secret in ALL if secret.encode() in content}
    return found
