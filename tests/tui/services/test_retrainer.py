"""After a graded batch the taste model is trained, also where no pipeline runs."""

from pathlib import Path

import pytest

from tests.models.taste_world import library_of
from tests.tui.conftest import until
from tests.tui.driving import opened, told
from utawaku.library.catalogue import Catalogue
from utawaku.library.records import Candidate
from utawaku.library.store.taste_models import TasteModel
from utawaku.tui.app import UtawakuApp


async def test_a_batch_of_grades_starts_one_training(
    app: UtawakuApp, library: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = tmp_path / "asked"
    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\necho "$@" >> {asked}\n', "utf-8")
    program.chmod(0o700)
    monkeypatch.setattr("sys.executable", str(program))
    wanted = app.services.library.settings.taste
    last = library.taste.last_grade_id()
    library.taste.add_model(TasteModel("v9", "embedding", 9, 9, last_grade_id=last))
    library_of(library, 30)  # something was heard
    async with app.run_test(notifications=True) as pilot:
        await opened(app, pilot)
        app.services.retrainer.graded()
        assert not library.taste.is_training_due(wanted)
        found = [
            Candidate(0, f"x-{n}", f"https://x.example/{n}", source="your list")
            for n in range(wanted.retrain_after)
        ]
        library.candidates.teach(found, grade=1, previews="previews")
        assert library.taste.is_training_due(wanted)
        app.services.retrainer.graded()
        app.services.retrainer.graded()
        await until(lambda: "learned from your grades" in told(app), pilot.pause)
    assert asked.read_text("utf-8").splitlines() == ["-m utawaku train taste --json"]
