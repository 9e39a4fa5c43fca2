"""Log-in by QR code and by cookie files, renewal, and what nobody else may read."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import segno

from tests.servers.bilibili import ANDROID_KEY, HOSTS, BilibiliSite
from tests.servers.certificates import make_authority
from tests.services.publishing import Workers, World, make_world, proxy_environment, start_proxy
from utawaku.library.errors import LoginExpiredError, NotFoundError, UploadError
from utawaku.services.publish.bilibili.accounts import Accounts
from utawaku.services.publish.bilibili.qr import BORDER, qr_text


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    authority = make_authority(tmp_path_factory.mktemp("ca"), HOSTS)
    proxy = start_proxy()
    workers = Workers(proxy_environment(proxy, authority), tmp_path_factory.mktemp("workers"))
    workers.site_parts = (authority, proxy)  # type: ignore[attr-defined]
    yield workers
    workers.close()
    proxy.stop()


@pytest.fixture
def world(tmp_path: Path, workers: Workers) -> Iterator[World]:
    world = make_world(tmp_path / "home", *workers.site_parts, workers)  # type: ignore[attr-defined]
    yield world
    world.catalogue.close()
    world.site.stop()


def ask(world: World, do: str, name: str = "new", **order: object) -> dict[str, object]:
    driver = world.workers.take()
    answer = driver.ask(home=str(world.home), do=do, name=name, **order)
    world.workers.give_back(driver)
    return answer


def secrets_of(site: BilibiliSite) -> list[str]:
    found = list(site.members)
    for member in site.members.values():
        found += [member.csrf, member.access_token, member.refresh_token]
    return found


def assert_private_and_untold(world: World, name: str, answer: dict[str, object]) -> None:
    path = world.home / "accounts" / f"{name}.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    told = json.dumps(answer)
    for log in world.workers.folder.glob("*"):
        if log.is_file() and log.suffix != ".db":
            told += log.read_text(errors="replace")
    assert not [secret for secret in secrets_of(world.site) if secret in told]


def test_a_qr_log_in_survives_scanning_before_confirming(world: World) -> None:
    world.site.qr_answers = [86039, 86090, 86090]
    answer = ask(world, "qr")
    assert answer["problem"] == ""
    assert str(answer["shown"]).startswith("['https://passport.bilibili.com/")
    assert world.site.counts["qr_code"] == 1
    assert world.site.violations == []
    assert world.proxy.refused == []
    assert_private_and_untold(world, "new", answer)
    record = json.loads((world.home / "accounts" / "new.json").read_text())
    assert record["platform"] == "BiliTV"


def test_an_expired_code_says_so_and_leaves_no_file(world: World) -> None:
    world.site.qr_answers = [86038]
    answer = ask(world, "qr")
    assert answer["error"] == "LoginExpiredError"
    assert not (world.home / "accounts" / "new.json").exists()


def test_a_site_without_an_answer_is_told_apart_from_a_refusal(world: World) -> None:
    world.site.fail("qr_code", "html")
    assert ask(world, "qr")["error"] == "UploadInterruptedError"
    world.site.fail("token_info", "html")
    assert ask(world, "ready", "uta")["error"] == "UploadInterruptedError"


def test_a_biliup_file_is_taken_over_and_marked_with_its_platform(world: World) -> None:
    record = {k: v for k, v in world.site.cookies_of(world.member).items() if k != "platform"}
    source = world.home / "exported.json"
    source.write_text(json.dumps(record))
    answer = ask(world, "file", file=str(source))
    assert answer["mid"] == str(world.member.mid)
    assert ask(world, "ready")["problem"] == ""
    assert_private_and_untold(world, "new", answer)


def test_browser_cookies_are_traded_for_a_log_in_of_our_own(world: World) -> None:
    cookies = {
        cookie["name"]: cookie["value"]
        for cookie in world.site.cookies_of(world.member)["cookie_info"]["cookies"]
    }
    lines = ["# Netscape HTTP Cookie File"]
    for name, value in cookies.items():
        lines.append(f"#HttpOnly_.bilibili.com\tTRUE\t/\tTRUE\t1893456000\t{name}\t{value}")
    lines.append(".example.org\tTRUE\t/\tTRUE\t1893456000\tSESSDATA\twrong")
    source = world.home / "cookies.txt"
    source.write_text("\n".join(lines))
    answer = ask(world, "file", file=str(source))
    assert answer["mid"] == str(world.member.mid)
    assert world.site.counts["qr_confirm"] == 1
    assert_private_and_untold(world, "new", answer)
    assert ask(world, "ready")["problem"] == ""


@pytest.mark.parametrize("text", ["{}", "{", "# Netscape\nnothing", '{"cookie_info": {}}'])
def test_a_file_without_a_log_in_is_refused(tmp_path: Path, text: str) -> None:
    source = tmp_path / "cookies"
    source.write_text(text)
    accounts = Accounts(tmp_path / "accounts")
    with pytest.raises(LoginExpiredError, match="holds no"):
        accounts.log_in_by_file("uta", source)
    assert accounts.names() == []


def test_a_log_in_is_renewed_when_the_site_asks_to(world: World) -> None:
    path = world.home / "accounts" / "uta.json"
    before = json.loads(path.read_text())
    world.member.wants_refresh = True
    answer = ask(world, "ready", "uta")
    assert answer["problem"] == ""
    assert json.loads(path.read_text())["token_info"] != before["token_info"]
    assert world.site.counts["token_refresh"] == 1
    assert_private_and_untold(world, "uta", answer)
    submission = world.submission(1)
    world.run(submission)
    world.assert_all_published_once([submission])


def test_an_account_that_is_logged_out_is_noticed_before_a_byte_is_sent(world: World) -> None:
    world.site.log_out(world.member)
    assert ask(world, "ready", "uta")["error"] == "LoginExpiredError"
    submission = world.submission(1)
    world.run(submission)
    assert (world.get(submission).state, world.get(submission).hold_code) == ("held", "login")
    assert world.site.counts["preupload"] == 0


def test_a_token_of_another_application_is_not_mistaken_for_valid(world: World) -> None:
    world.member.platform_key = ANDROID_KEY
    assert ask(world, "ready", "uta")["error"] == "LoginExpiredError"


def write_account(folder: Path, site_record: dict[str, object], mode: int = 0o600) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "uta.json"
    path.write_text(json.dumps(site_record))
    path.chmod(mode)
    return path


def record(expires: float) -> dict[str, object]:
    cookies = [
        {"name": name, "value": "secret", "expires": expires}
        for name in ("SESSDATA", "bili_jct", "DedeUserID")
    ]
    return {"cookie_info": {"cookies": cookies}, "token_info": {}}


def test_a_file_that_others_can_read_is_made_private(tmp_path: Path) -> None:
    path = write_account(tmp_path, record(4e9), mode=0o644)
    assert Accounts(tmp_path).state("uta").problem == ""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_ended_and_an_ending_log_in_are_told(tmp_path: Path) -> None:
    write_account(tmp_path, record(1000.0))
    accounts = Accounts(tmp_path)
    assert "ended" in accounts.state("uta").problem
    with pytest.raises(LoginExpiredError, match="ended"):
        accounts.ensure_ready("uta")
    write_account(tmp_path, record(2e9))
    assert accounts.state("uta").expires_soon(2e9 - 86400)
    assert not accounts.state("uta").expires_soon(2e9 - 30 * 86400)


@pytest.mark.parametrize("name", ["../uta", "a/b", "", "歌", "x" * 65, ".hidden"])
def test_a_name_cannot_lead_out_of_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(UploadError, match="no name"):
        Accounts(tmp_path).path(name)


def test_an_unknown_account_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no such account"):
        Accounts(tmp_path).record("uta")


def test_several_accounts_stand_side_by_side_and_can_be_removed(tmp_path: Path) -> None:
    write_account(tmp_path, record(4e9)).rename(tmp_path / "b.json")
    write_account(tmp_path, record(4e9)).rename(tmp_path / "a.json")
    accounts = Accounts(tmp_path)
    assert accounts.names() == ["a", "b"]
    accounts.remove("a")
    assert accounts.names() == ["b"]


def test_the_drawn_code_holds_the_modules_of_the_code() -> None:
    url = "https://passport.bilibili.com/x/passport-tv-login/h5/qrcode/auth?auth_code=" + "a" * 32
    lines = qr_text(url).splitlines()
    drawn = []
    for line in lines:
        drawn.append([glyph in " ▄" for glyph in line])
        drawn.append([glyph in " ▀" for glyph in line])
    wanted = [
        [bool(module) for module in row]
        for row in segno.make(url, error="l").matrix_iter(border=BORDER)
    ]
    assert drawn[: len(wanted)] == wanted
    assert len({len(line) for line in lines}) == 1
    assert len(lines) <= 25
