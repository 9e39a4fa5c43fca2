"""The language of what a user reads."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from utawaku.library import language
from utawaku.library.language import chosen, tr, translated, trn, use


@pytest.fixture
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment that says nothing about languages."""
    for name in ("UTAWAKU_LANGUAGE", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.fixture
def japanese() -> Iterator[None]:
    """Everything in Japanese for one test."""
    use("ja")
    yield
    use("en")


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({}, "en"),
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "zh_CN.UTF-8"}, "zh_CN"),
        ({"LANG": "zh_SG"}, "zh_CN"),
        ({"LANG": "zh-Hans-CN"}, "zh_CN"),
        ({"LANG": "zh_TW.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "ja_JP.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, "zh_CN"),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LANGUAGE": "de:ja:en"}, "ja"),
        ({"LANG": "C", "LANGUAGE": "ja"}, "en"),
        ({"LANG": "ja_JP.UTF-8", "LANGUAGE": "en_US:ja"}, "en"),
        ({"LANG": "ja_JP.UTF-8", "UTAWAKU_LANGUAGE": "zh_CN"}, "zh_CN"),
        ({"LANG": "ja_JP.UTF-8", "UTAWAKU_LANGUAGE": "auto"}, "ja"),
    ],
)
def test_the_environment_chooses_the_language(
    variables: dict[str, str], wanted: str, plain_environment: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        plain_environment.setenv(name, value)
    assert chosen() == wanted


def test_the_setting_goes_before_the_locale(
    plain_environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plain_environment.setenv("UTAWAKU_HOME", str(tmp_path))
    plain_environment.setenv("LANG", "ja_JP.UTF-8")
    (tmp_path / "config.toml").write_text('language = "zh_CN"\n', "utf-8")
    assert chosen() == "zh_CN"
    (tmp_path / "config.toml").write_text("language = [\n", "utf-8")
    assert chosen() == "ja"


def test_an_unknown_sentence_is_shown_in_english(japanese: None) -> None:
    assert tr("No such sentence, {n} times.", n=3) == "No such sentence, 3 times."
    assert trn("{n} thing here", "{n} things here", 2) == "2 things here"
    assert translated("what some site said") == "what some site said"
    assert tr("") == ""


class Sample(language._Sentences):
    """A small catalogue."""

    def __init__(self) -> None:
        super().__init__()
        self.plural = lambda n: 0
        stored = {
            "no space left on the disk": "ディスクに空きがありません",
            "{site} is on cooldown until {clock}: {reason}": "{site} は {clock} まで休止: {reason}",
            "the site asks to slow down": "サイトが混雑を訴えています",
            "{n} of {total} files copied": "{total} 件中 {n} 件をコピー",
            "there is no field {{{name}}}": "{{{name}}} という項目はありません",
            "Make room, or set {name}": "空きを作るか {name} を設定",
        }
        self._catalog = {f"{language.STORED}\x04{key}": text for key, text in stored.items()}
        self._catalog["{sentence}. {next_sentence}"] = "{sentence}。{next_sentence}"
        self._catalog["{sentence}."] = "{sentence}。"
        self._catalog["{subject}: {problem}"] = "{subject}: {problem}"


@pytest.fixture
def sample(japanese: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our small catalogue instead of the Japanese one."""
    monkeypatch.setattr(language, "_sentences", Sample())
    language._templates.cache_clear()
    language._translated.cache_clear()


@pytest.mark.parametrize(
    ("stored", "wanted"),
    [
        ("no space left on the disk", "ディスクに空きがありません"),
        (
            "youtube is on cooldown until 14:05: the site asks to slow down",
            "youtube は 14:05 まで休止: サイトが混雑を訴えています",
        ),
        ("2 of 7 files copied", "7 件中 2 件をコピー"),
        ("there is no field {channle}", "{channle} という項目はありません"),
        (
            "/music: no space left on the disk. Make room, or set library_root",
            "/music: ディスクに空きがありません。空きを作るか library_root を設定",
        ),
        ("no space left on the disk.", "ディスクに空きがありません。"),
        ("a song: and its words", "a song: and its words"),
        (
            "there is no field {channle}. there is no field {b}",
            "{channle} という項目はありません。{b} という項目はありません",
        ),
    ],
)
def test_a_stored_sentence_is_known_by_its_words(stored: str, wanted: str, sample: None) -> None:
    assert translated(stored) == wanted


def test_a_program_that_another_reads_speaks_english(plain_environment: pytest.MonkeyPatch) -> None:
    plain_environment.setenv("LANG", "ja_JP.UTF-8")
    for name, value in language.in_english().items():
        plain_environment.setenv(name, value)
    assert chosen() == "en"
