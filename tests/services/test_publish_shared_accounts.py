"""One log-in for all machines: encrypted in the catalogue, a private file on each."""

import json
import stat
from pathlib import Path

import pytest

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import ConfigError, NotFoundError
from utawaku.library.sealing import new_key
from utawaku.services.publish.bilibili.accounts import Accounts
from utawaku.services.publish.bilibili.shared_accounts import SharedAccounts, accounts_of

KEY = new_key()


def record(secret: str) -> dict[str, object]:
    """A log-in record as biliup writes it."""
    names = ("SESSDATA", "bili_jct", "DedeUserID")
    cookies = [{"name": name, "value": secret, "expires": 4e9} for name in names]
    return {"cookie_info": {"cookies": cookies}, "token_info": {}, "platform": "BiliTV"}


def log_in(accounts: Accounts, folder: Path, secret: str) -> None:
    """Log in with cookies of this value."""
    folder.mkdir(exist_ok=True)
    source = folder / "given.json"
    source.write_text(json.dumps(record(secret)))
    accounts.log_in_by_file("uta", source)
    source.unlink()


def value(accounts: Accounts) -> str:
    """The value of the cookies of the account."""
    return str(accounts.record("uta")["cookie_info"]["cookies"][0]["value"])


@pytest.fixture
def machines(catalogue: Catalogue, tmp_path: Path) -> tuple[SharedAccounts, SharedAccounts]:
    """Two machines with one key."""
    first, second = (
        SharedAccounts(tmp_path / name, catalogue, KEY) for name in ("first", "second")
    )
    return first, second


def test_a_log_in_on_one_machine_serves_another(
    machines: tuple[SharedAccounts, SharedAccounts], catalogue: Catalogue, tmp_path: Path
) -> None:
    first, second = machines
    log_in(first, tmp_path / "given", "s3cret")
    assert second.names() == ["uta"]
    assert value(second) == "s3cret"
    assert second.state("uta").problem == ""
    assert stat.S_IMODE(second.path("uta").stat().st_mode) == 0o600
    kept = catalogue.accounts.secret("uta")
    assert kept is not None
    assert b"s3cret" not in kept


def test_the_latest_change_counts_wherever_it_was_made(
    machines: tuple[SharedAccounts, SharedAccounts], tmp_path: Path
) -> None:
    first, second = machines
    log_in(first, tmp_path / "given", "one")
    assert value(second) == "one"
    second.path("uta").write_text(json.dumps(record("renewed")))  # as biliup does
    assert value(second) == "renewed"
    assert value(first) == "renewed"
    log_in(first, tmp_path / "given", "again")
    assert (value(second), value(first)) == ("again", "again")


def test_an_account_that_one_machine_forgets_is_forgotten_by_all(
    machines: tuple[SharedAccounts, SharedAccounts], tmp_path: Path
) -> None:
    first, second = machines
    log_in(first, tmp_path / "given", "one")
    assert value(second) == "one"
    first.remove("uta")
    with pytest.raises(NotFoundError):
        second.record("uta")
    assert second.names() == first.names() == []
    assert not second.path("uta").exists()
    log_in(second, tmp_path / "given", "new")
    assert value(first) == "new"


def test_a_log_in_from_before_is_shared_when_it_is_next_used(
    machines: tuple[SharedAccounts, SharedAccounts], tmp_path: Path
) -> None:
    first, second = machines
    log_in(Accounts(first.folder), tmp_path / "given", "old")
    assert value(first) == "old"
    assert value(second) == "old"


def test_another_key_reads_nothing(
    machines: tuple[SharedAccounts, SharedAccounts], catalogue: Catalogue, tmp_path: Path
) -> None:
    log_in(machines[0], tmp_path / "given", "one")
    stranger = SharedAccounts(tmp_path / "third", catalogue, new_key())
    with pytest.raises(ConfigError, match=r"another cluster\.key"):
        stranger.record("uta")
    assert not stranger.path("uta").exists()


def test_without_a_key_an_account_of_another_machine_is_refused_with_the_reason(
    catalogue: Catalogue, settings: Settings
) -> None:
    shared = settings.model_copy(
        update={"catalogue_url": Settings(catalogue_url="postgresql://db/songs").catalogue_url}
    )
    with pytest.raises(NotFoundError) as raised:
        accounts_of(shared, catalogue).record("uta")
    assert "cluster.key" in raised.value.next_step
    alone = settings.model_copy(update={"catalogue_url": Settings().catalogue_url})
    assert type(accounts_of(alone, catalogue)) is Accounts
