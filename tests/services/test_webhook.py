"""Notices to a webhook: sent as JSON, and never in the way where it fails."""

import logging

import pytest

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
