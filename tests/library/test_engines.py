"""Names of engines come from one place."""

from pathlib import Path

import pytest

from utawaku.library.engines import SEPARATION_ENGINES
from utawaku.library.errors import EngineError
from utawaku.models.separator import make_separator


def test_an_unknown_separation_engine_is_refused_with_all_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(EngineError) as refused:
        make_separator("nope", tmp_path)
    assert [name for name in SEPARATION_ENGINES if name not in refused.value.next_step] == []
