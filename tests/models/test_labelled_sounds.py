"""Corpora whose labels are in names, folders, patterns and lists."""

from pathlib import Path

import pytest

from utawaku.library.errors import ConfigError
from utawaku.models.training.labelled_sounds import labelled_sounds


def corpus(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"sound")
    return folder


def found(folder: Path, rule: str = "", speech: tuple[str, ...] = ("speech",)) -> dict[str, str]:
    return {
        one.name: f"{one.label} {one.is_speech}" for one in labelled_sounds(folder, rule, speech)
    }


def test_musan_is_read_as_it_is_unpacked(tmp_path: Path) -> None:
    folder = corpus(
        tmp_path,
        "music/fma/music-fma-0000.wav",
        "noise/free-sound/noise-free-sound-0000.wav",
        "speech/librivox/speech-librivox-0000.wav",
        "speech/us-gov/hearing.wav",
        "features/speech/librivox/speech-librivox-0000.wav",
        "README.wav.txt",
    )
    assert found(folder) == {
        "music/fma/music-fma-0000.wav": "music False",
        "noise/free-sound/noise-free-sound-0000.wav": "noise False",
        "speech/librivox/speech-librivox-0000.wav": "speech True",
        "speech/us-gov/hearing.wav": "speech True",
    }


def test_a_flat_folder_goes_by_the_names_of_files(tmp_path: Path) -> None:
    folder = corpus(tmp_path, "speech-1.wav", "music-1.mp3", "other.wav")
    assert found(folder) == {"music-1.mp3": "music False", "speech-1.wav": "speech True"}


def test_the_first_folder_may_be_the_label(tmp_path: Path) -> None:
    folder = corpus(tmp_path, "talk/a/1.wav", "crowd/2.flac", "interview/3.wav", "stray.wav")
    assert found(folder, "folder", ("talk", "interview")) == {
        "crowd/2.flac": "crowd False",
        "interview/3.wav": "interview True",
        "talk/a/1.wav": "talk True",
    }


def test_a_pattern_says_which_names_are_speech(tmp_path: Path) -> None:
    folder = corpus(tmp_path, "deep/a_sp_1.wav", "b_mu_2.wav")
    assert found(folder, "*_sp_*") == {
        "b_mu_2.wav": "other False",
        "deep/a_sp_1.wav": "matches True",
    }


def test_a_list_names_files_and_labels(tmp_path: Path) -> None:
    folder = corpus(tmp_path / "sounds", "a.wav", "b/c.wav", "unlisted.wav")
    table = tmp_path / "labels.tsv"
    table.write_text("# path\tlabel\nb/c.wav\tspeech\na.wav\tmusic\n")
    assert found(folder, str(table)) == {"a.wav": "music False", "b/c.wav": "speech True"}


@pytest.mark.parametrize(
    "line", ["../outside.wav\tspeech", "/etc/passwd\tspeech", "a.wav", "\tspeech"]
)
def test_a_list_that_leads_out_of_the_corpus_or_lacks_a_label_is_refused(
    tmp_path: Path, line: str
) -> None:
    folder = corpus(tmp_path / "sounds", "a.wav")
    table = tmp_path / "labels.tsv"
    table.write_text(f"a.wav\tmusic\n{line}\n")
    with pytest.raises(ConfigError, match="line 2"):
        labelled_sounds(folder, str(table))


@pytest.mark.parametrize("rule", ["", "folder", "*x*"])
def test_one_class_alone_is_refused(tmp_path: Path, rule: str) -> None:
    corpus(tmp_path, "speech/speech-1.wav")
    with pytest.raises(ConfigError, match="there must be"):
        labelled_sounds(tmp_path, rule)


def test_a_rule_that_is_none_says_which_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        labelled_sounds(corpus(tmp_path, "speech-1.wav", "music-1.wav"), "clever")
    assert "folder" in raised.value.next_step
