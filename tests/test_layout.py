"""Tests lie where their module is looked for: `tests/FOLDER/test_NAME.py` for `FOLDER/NAME.py`."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

COVERED_ELSEWHERE = {
    "commands/json_forms.py": "tests/commands/test_schema.py",
    "commands/outcome.py": "tests/commands/test_ingest.py",
    "commands/prepare_services.py": "tests/commands/test_up.py",
    "commands/supervisor.py": "tests/commands/test_up.py",
    "jobs/ingest.py": "tests/sensors/test_drain_requests.py",
    "jobs/models.py": "tests/orchestration/test_rematerialize.py",
    "jobs/requested_runs.py": "tests/sensors/test_drain_requests.py",
    "jobs/submissions.py": "tests/assets/test_submissions.py",
    "jobs/taste.py": "tests/assets/test_taste.py",
    "sensors/daily_crawl.py": "tests/sensors/test_definitions.py",
    "sensors/nightly_maintenance.py": "tests/sensors/test_definitions.py",
    "sensors/publish_due.py": "tests/assets/test_submissions.py",
    "sensors/score_new_songs.py": "tests/assets/test_taste.py",
    "tui/screens/boundary_editing.py": "tests/tui/screens/test_timeline.py",
    "tui/screens/cut_judging.py": "tests/tui/screens/test_timeline.py",
    "tui/screens/dialogs.py": "tests/tui/screens/test_settings.py",
    "tui/screens/help.py": "tests/tui/screens/test_library.py",
    "tui/screens/log_in.py": "tests/tui/screens/test_outbox.py",
    "tui/screens/review_progress.py": "tests/tui/screens/test_review.py",
    "tui/screens/sending.py": "tests/tui/screens/test_outbox.py",
    "tui/screens/setlist_preview.py": "tests/tui/screens/test_timeline.py",
    "tui/screens/submission.py": "tests/tui/screens/test_outbox.py",
    "tui/screens/target_setup.py": "tests/tui/screens/test_outbox.py",
    "tui/screens/tab_screen.py": "tests/tui/test_app.py",
}
"""Modules that need no test file of their name, with the one that tests them."""


def modules(folder: str) -> list[Path]:
    """Modules and packages of a folder, relative to the root; a package counts as one."""
    return sorted(
        path.relative_to(ROOT)
        for path in (ROOT / folder).iterdir()
        if not path.name.startswith("_")
        and (path.suffix == ".py" or (path / "__init__.py").exists())
    )


def has_tests(module: Path) -> bool:
    """Whether the mirrored folder holds `test_NAME.py`, `test_NAME_*.py` or a folder `NAME`."""
    folder = ROOT / "tests" / module.parent
    return any(
        found.suffix == ".py" or found.is_dir()
        for pattern in (f"test_{module.stem}.py", f"test_{module.stem}_*.py", module.stem)
        for found in folder.glob(pattern)
    )


@pytest.mark.parametrize(
    "folder", ["commands", "assets", "services", "jobs", "sensors", "tui/screens"]
)
def test_every_module_has_its_test_where_it_is_looked_for(folder: str) -> None:
    found = modules(folder)
    assert found
    without = [
        module.as_posix()
        for module in found
        if module.as_posix() not in COVERED_ELSEWHERE and not has_tests(module)
    ]
    assert without == []


def test_each_exception_is_needed_and_names_a_test_that_exists() -> None:
    for module, test in COVERED_ELSEWHERE.items():
        assert (ROOT / module).is_file(), module
        assert not has_tests(Path(module)), f"{module} has a test of its own now"
        assert (ROOT / test).is_file(), test
