"""A library that leaves its server takes along what the machines shared."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests import postgres
from tests.conftest import Program
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings, write_setting
from utawaku.library.service_records import KeptAnswer
from utawaku.library.service_status import services
from utawaku.library.shared_files import preview_file, shared_file
from utawaku.models.fingerprint import FingerprintIndex, fingerprint
from utawaku.workflows.stream_labels import index_folder, open_index


@pytest.mark.postgres
@pytest.mark.skipif(not postgres.SERVER, reason=postgres.NO_SERVER)
def test_fingerprints_answers_and_files_come_home(
    program: Program,
    settings: Settings,
    catalogue: Catalogue,
    catalogue_url: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    heard = fingerprint(np.random.default_rng(0).standard_normal(160_000).astype(np.float32))
    elsewhere = settings.model_copy(update={"data_dir": tmp_path / "another machine"})
    with open_index(elsewhere, catalogue) as index:
        index.add("a", heard.peaks, heard.chroma, title="夜")
    lrclib = services(settings)["lrclib"]
    lrclib.store(catalogue).remember([KeptAnswer("question", {"a": 1}, 1.0, None)])
    for path in (shared_file(settings, "taste", "m.npz"), preview_file(settings, "previews/1.mka")):
        path.parent.mkdir(parents=True)
        path.write_text("shared")
    monkeypatch.delenv("UTAWAKU_CATALOGUE_URL")
    program.environment.pop("UTAWAKU_CATALOGUE_URL")
    write_setting("catalogue_url", catalogue_url)
    done = program.run("catalogue", "move", "--to", "sqlite")
    assert done.returncode == 0, done.stderr
    home = load_settings()
    assert not home.is_shared
    with FingerprintIndex(index_folder(home)) as index:
        assert index.keys() == {"a"}
    listed = {row["name"]: row for row in json.loads(program.run("services", "--json").stdout)}
    assert listed["lrclib"]["answers"] == 1
    assert shared_file(home, "taste", "m.npz").read_text() == "shared"
    assert preview_file(home, "previews/1.mka").read_text() == "shared"
