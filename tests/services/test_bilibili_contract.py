"""The names of biliup that `services/publish/bilibili/client.py` uses, private ones included.

Run this with another version of biliup before `pyproject.toml` allows it.
"""

import ast
import inspect
from dataclasses import fields
from pathlib import Path

import pytest
from biliup.plugins.bili_webup import BiliBili, Data

import utawaku.services.publish.bilibili.client as our_client

SERVICES = Path(our_client.__file__).parents[2]


def test_only_the_client_imports_biliup() -> None:
    importers = {
        path.name
        for path in SERVICES.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        and any("biliup" in name.split(".") for name in _named(node))
    }
    assert importers == {"client.py"}


def _named(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [] if node.level else [node.module or ""]
    return [alias.name for alias in node.names]


@pytest.mark.parametrize("name", ["_BiliBili__session", "_BiliBili__bili_jct", "_auto_os", "video"])
def test_a_new_client_has_its_fields(name: str) -> None:
    assert hasattr(BiliBili(Data()), name)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("login_by_cookies", ["self", "cookie"]),
        ("upload_file", ["self", "filepath", "lines", "tasks"]),
        ("cover_up", ["self", "img"]),
        ("submit", ["self", "submit_api"]),
    ],
)
def test_its_methods_take_what_we_give(name: str, parameters: list[str]) -> None:
    assert list(inspect.signature(getattr(BiliBili, name)).parameters) == parameters


def test_the_loop_over_chunks_is_replaced_where_biliup_calls_it() -> None:
    parameters = ["params", "file", "chunk_size", "afunc", "tasks"]
    assert list(inspect.signature(BiliBili._upload).parameters) == parameters
    ours = inspect.signature(our_client.PartClient._upload).parameters
    assert list(ours) == ["self", *parameters]
    for method in (BiliBili.upos, BiliBili.cos, BiliBili.kodo):
        assert "self._upload(" in inspect.getsource(method), method.__name__


def test_the_page_of_a_submission_has_its_fields() -> None:
    assert {
        "copyright", "source", "tid", "title", "desc", "desc_v2", "videos", "tag", "dtime", "cover",
    } <= {field.name for field in fields(Data)}  # fmt: skip
    data = Data()
    data.set_tag(["one", "two"])
    assert data.tag == "one,two"
