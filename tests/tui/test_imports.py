"""Imports within the screen."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

TUI = Path(__file__).parent.parent.parent / "tui"
PACKAGE = "utawaku.tui"


def imports() -> dict[str, set[str]]:
    """Modules of the screen that each one imports, in functions and under TYPE_CHECKING too."""
    files = {}
    for path in TUI.rglob("*.py"):
        parts = path.relative_to(TUI).with_suffix("").parts
        files[".".join([PACKAGE, *parts]).removesuffix(".__init__")] = path
    found: dict[str, set[str]] = {}
    for name, path in files.items():
        wanted: set[str] = set()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                wanted |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                wanted.add(node.module)
                wanted |= {f"{node.module}.{alias.name}" for alias in node.names}
        found[name] = wanted & files.keys() - {PACKAGE}
    return found


def circles(graph: Mapping[str, set[str]]) -> Iterator[set[str]]:
    """Groups of two or more modules that reach each other."""

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            for name in graph[waiting.pop()] - seen:
                seen.add(name)
                waiting.append(name)
        return seen

    reach = {name: reached(name) for name in graph}
    for name in sorted(graph):
        circle = {other for other in reach[name] if name in reach[other]}
        if circle and name == min(circle):
            yield circle


def test_no_two_modules_import_each_other_in_a_circle() -> None:
    graph = imports()
    assert len(graph) > 40
    assert list(circles(graph)) == []


def test_a_circle_is_found() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}
    assert list(circles(graph)) == [{"b", "c"}]


def test_screens_know_services_and_no_app() -> None:
    graph = imports()
    for name, wanted in graph.items():
        if name not in (f"{PACKAGE}.app", f"{PACKAGE}.start"):
            assert f"{PACKAGE}.app" not in wanted, name
        if name.startswith(f"{PACKAGE}.services."):
            assert not {one for one in wanted if one.startswith(f"{PACKAGE}.screens")}, name
        if name.startswith(f"{PACKAGE}.widgets."):
            above = (f"{PACKAGE}.screens", f"{PACKAGE}.services")
            assert not {one for one in wanted if one.startswith(above)}, name
