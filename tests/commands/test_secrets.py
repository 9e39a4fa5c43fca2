"""What the user trusts the program with is in no log, database, tag or message afterwards."""

from pathlib import Path

import pytest

from tests.commands import secret_samples as secrets
from tests.conftest import Program
from tests.servers.media_site import Fault, MediaSite
from tests.services.downloader_media import audio_bytes


@pytest.mark.slow
def test_no_secret_is_left_anywhere_by_what_works_and_by_what_fails(
    program: Program, tmp_path: Path
) -> None:
    cookies = secrets.write_cookies(tmp_path, "127.0.0.1")
    printed = ""
    with MediaSite() as site:
        site.add("/good.ogg", audio_bytes("ogg", "libopus", rate_hz=48_000), "audio/ogg")
        site.add("/garbage.ogg", b"no sound at all" * 500, "audio/ogg")
        site.add("/gone.ogg", b"", "audio/ogg", always=Fault(status=403))
        site.add(f"/hook/{secrets.TOKEN}", b"", "text/plain", always=Fault(status=500))
        program.environment |= secrets.environment(cookies, site.url(f"/hook/{secrets.TOKEN}"))
        program.environment |= {
            "UTAWAKU_LABELS__SHAZAM": "false",
            "UTAWAKU_DOWNLOAD__SLEEP_S": "[0, 0]",
            "UTAWAKU_DOWNLOAD__SLEEP_REQUESTS_S": "0",
        }
        for arguments in (
            ("ingest", site.url("/good.ogg"), site.url("/garbage.ogg"), site.url("/gone.ogg")),
            ("settings",),
            ("settings", "--json"),
            ("status",),
            ("status", "--json"),
            ("doctor", "--json"),
        ):
            done = program.run(*arguments)
            printed += done.stdout + done.stderr
        cookie_seen = {one.cookie for one in site.gets("/good.ogg")}
    assert cookie_seen == {f"session={secrets.COOKIE}"}  # it was used, so it could have leaked
    assert "no sound" not in printed
    assert [secret for secret in secrets.ALL if secret in printed] == []
    assert (program.home / "data" / "dagster").is_dir()
    assert secrets.found_in(program.home) == {}
    assert cookies.stat().st_mode & 0o777 == 0o600
