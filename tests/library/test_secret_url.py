"""Addresses in the settings are used whole and shown without what nobody else should read."""

import pytest

from utawaku.library.config import Settings, load_settings
from utawaku.library.secret_url import SecretUrl, without_credentials


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("", ""),
        ("https://amp.shazam.com", "https://amp.shazam.com"),
        ("sqlite:////home/uta/catalogue.db", "sqlite:////home/uta/catalogue.db"),
        ("postgresql://uta:pa55@db/songs", "postgresql://***@db/songs"),
        ("postgresql+psycopg://db/songs?user=uta&password=pa55", "postgresql+psycopg://db/songs?user=uta&password=***"),
        ("socks5://uta:pa55@127.0.0.1:1080", "socks5://***@127.0.0.1:1080"),
        ("https://t0ken@nas/dav/", "https://***@nas/dav/"),
        ("https://nas/dav/?access_token=t0ken&b=1", "https://nas/dav/?access_token=***&b=1"),
        ("https://[pa55", "***"),
        ("postgresql//uta:pa55@db/songs", "***@db/songs"),
    ],
)  # fmt: skip
def test_an_address_is_shown_without_its_secrets(address: str, shown: str) -> None:
    url = SecretUrl(address)
    assert without_credentials(address) == str(url) == f"{url}" == shown
    assert url.get_secret_value() == address
    assert url.holds_a_secret == (shown != address)
    assert "pa55" not in repr(url)
    assert "t0ken" not in repr(url)


def test_every_setting_that_may_hold_a_secret_is_shown_without_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in (
        "CATALOGUE_URL", "DOWNLOAD__PROXY", "PUBLISH__WEBDAV_URL", "LABELS__SHAZAM_URL",
        "NOTICES__WEBHOOK", "PUBLISH__WEBDAV_PASSWORD",
    ):  # fmt: skip
        monkeypatch.setenv(f"UTAWAKU_{name}", "https://uta:pa55@example.org/")
    settings = load_settings()
    assert "pa55" not in str(settings) + repr(settings) + settings.model_dump_json()
    assert settings.database_url == "https://uta:pa55@example.org/"
    assert Settings.model_validate(settings.model_dump()) == settings
