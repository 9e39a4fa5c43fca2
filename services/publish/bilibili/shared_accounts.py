"""Accounts of all machines of a library: their log-ins lie in the catalogue, encrypted.

Each machine keeps the cookie file that biliup needs, and a mark of what it last shared: so it can
tell what another machine renewed from what was renewed here.
"""

from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.files import atomic_path
from utawaku.library.sealing import seal, unseal
from utawaku.services.publish.bilibili.accounts import Accounts, AccountState

NOT_SHARED = "`utawaku login` on this machine, too, or give all machines one cluster.key"


def accounts_of(settings: Settings, catalogue: Catalogue) -> Accounts:
    """Return the accounts of this machine, or of all machines where they have a common key."""
    if not settings.is_shared:
        return Accounts(settings.accounts_dir)
    key = settings.cluster.key.get_secret_value()
    if not key:
        return Accounts(settings.accounts_dir, NOT_SHARED)
    return SharedAccounts(settings.accounts_dir, catalogue, key)


class SharedAccounts(Accounts):
    """Accounts that machines with the same key share.

    Raises ConfigError where a log-in was encrypted with another key.
    """

    def __init__(self, folder: Path, catalogue: Catalogue, key: str) -> None:
        super().__init__(folder)
        self._store = catalogue.accounts
        self._key = key

    def names(self) -> list[str]:
        """All accounts, by name."""
        for name in {*super().names(), *self._store.with_secret()}:
            self._in_step(name)
        return super().names()

    def record(self, name: str) -> dict[str, Any]:
        """The log-in record of an account, as the machine wrote it that logged in last."""
        self._in_step(name)
        return super().record(name)

    def log_in_by_qr(
        self, name: str, show: Callable[[str], None], *, timeout_s: float = 180.0
    ) -> AccountState:
        """Log in for all machines; see `Accounts.log_in_by_qr`."""
        state = super().log_in_by_qr(name, show, timeout_s=timeout_s)
        self._in_step(name)
        return state

    def ensure_ready(self, name: str) -> AccountState:
        """Validate and renew the log-in for all machines; see `Accounts.ensure_ready`."""
        try:
            return super().ensure_ready(name)
        finally:
            if self.path(name).exists():
                self._in_step(name)

    def remove(self, name: str) -> None:
        """Forget an account on all machines."""
        super().remove(name)
        self._store.remove(name)
        self._mark(name).unlink(missing_ok=True)

    def _keep(self, path: Path, record: Mapping[str, Any]) -> None:
        super()._keep(path, record)
        self._share(path.stem, path.read_bytes())

    def _trade_browser_cookies(self, path: Path, cookies: Mapping[str, str], source: Path) -> None:
        super()._trade_browser_cookies(path, cookies, source)
        self._share(path.stem, path.read_bytes())

    def _in_step(self, name: str) -> None:
        """Take over what another machine changed, or share what was changed here."""
        path, mark, secret = self.path(name), self._mark(name), self._store.secret(name)
        here = path.read_bytes() if path.exists() else None
        shared_before = mark.read_text("utf-8") if mark.exists() else ""
        if secret is None:
            if here is not None and not shared_before:
                self._share(name, here)
            elif here is not None:  # another machine removed it
                path.unlink()
                mark.unlink()
            return
        if here is not None and _digest(here) != shared_before:
            self._share(name, here)
            return
        there = unseal(secret, self._key, name)
        if there != here:
            self._make_folder()
            with atomic_path(path, mode=0o600) as temporary:
                temporary.write_bytes(there)
            self._note(name, there)

    def _share(self, name: str, record: bytes) -> None:
        self._store.keep_secret(name, seal(record, self._key, name))
        self._note(name, record)

    def _note(self, name: str, record: bytes) -> None:
        with atomic_path(self._mark(name), mode=0o600) as temporary:
            temporary.write_text(_digest(record), "utf-8")

    def _mark(self, name: str) -> Path:
        return self.path(name).with_suffix(".shared")


def _digest(record: bytes) -> str:
    return sha256(record).hexdigest()
