"""Notices to a webhook: sent as JSON, and never in the way where it fails."""

import logging
from collections.abc import Iterator

import pytest

from tests.servers.telegram import TOKEN, Telegram
from tests.servers.webhook import Webhook
from utawaku.library.config import load_settings
from utawaku.services.webhook import announce


def test_without_an_address_nothing_is_sent() -> None:
    assert announce(load_settings(), "info", "title", "body")


def test_a_notice_arrives_without_control_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    with Webhook() as webhook:
        monkeypatch.setenv("UTAWAKU_NOTICES__WEBHOOK", webhook.url)
        assert announce(load_settings(), "warning", "夜\x1b[31m", "one\ntwo\x07")
        assert announce(load_settings(), "colour", "title", "body")
    first, second = webhook.received
    assert (first["title"], first["body"], first["type"]) == ("夜", "one\ntwo", "warning")
    assert second["type"] == "info"


@pytest.mark.parametrize("status", [404, 500])
def test_a_webhook_that_refuses_is_logged_without_its_address(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    with Webhook(status) as webhook, caplog.at_level(logging.WARNING):
        monkeypatch.setenv("UTAWAKU_NOTICES__WEBHOOK", webhook.url)
        assert not announce(load_settings(), "info", "title", "body")
    assert "did not take a notice" in caplog.text
    assert "secret-key" not in caplog.text


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/secret-key", "file:///secret-key"])
def test_an_address_that_leads_nowhere_is_logged_without_itself(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, address: str
) -> None:
    monkeypatch.setenv("UTAWAKU_NOTICES__WEBHOOK", address)
    with caplog.at_level(logging.WARNING):
        assert not announce(load_settings(), "info", "title", "body")
    assert caplog.records
    assert "secret-key" not in caplog.text


@pytest.fixture
def telegram(monkeypatch: pytest.MonkeyPatch) -> Iterator[Telegram]:
    """A bot that may write to one chat, and the settings for it."""
    with Telegram("-100200") as server:
        monkeypatch.setenv("UTAWAKU_NOTICES__TELEGRAM_URL", server.url)
        monkeypatch.setenv("UTAWAKU_NOTICES__TELEGRAM_TOKEN", TOKEN)
        monkeypatch.setenv("UTAWAKU_NOTICES__TELEGRAM_CHAT", "-100200")
        yield server


def test_a_notice_is_a_message_of_the_telegram_bot_beside_the_webhook(
    telegram: Telegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Webhook() as webhook:
        monkeypatch.setenv("UTAWAKU_NOTICES__WEBHOOK", webhook.url)
        assert announce(load_settings(), "failure", "<b>夜</b>\x1b[31m", "one\ntwo")
    (message,) = telegram.messages
    assert message["text"] == "\u274c <b>夜</b>\none\ntwo"
    assert "parse_mode" not in message
    assert len(webhook.received) == 1


def test_a_message_is_as_long_as_telegram_takes_it(telegram: Telegram) -> None:
    assert announce(load_settings(), "info", "title", "🎤" * 5_000)
    (message,) = telegram.messages
    assert message["text"].endswith("🎤…")


@pytest.mark.parametrize(
    ("name", "value"),
    [("TELEGRAM_TOKEN", "123456:AAwrong-secret"), ("TELEGRAM_CHAT", "7"), ("TELEGRAM_CHAT", "")],
)
def test_a_bot_that_may_not_write_is_logged_without_its_token(
    telegram: Telegram,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    name: str,
    value: str,
) -> None:
    monkeypatch.setenv(f"UTAWAKU_NOTICES__{name}", value)
    with caplog.at_level(logging.WARNING):
        assert not announce(load_settings(), "info", "title", "body")
    assert "elegram" in caplog.text
    assert "secret" not in caplog.text
    assert telegram.messages == []
