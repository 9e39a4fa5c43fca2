"""No two modules import each other, however far around and however late the import is."""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping

import pytest

from tests.checks import link_package

PACKAGES = (
    "library",
    "media",
    "demo",
    "models",
    "services",
    "workflows",
    "orchestration",
    "assets",
    "jobs",
    "sensors",
    "tui",
    "web",
    "commands",
)

_PRINT_IMPORTS = """
import json, grimp
graph = grimp.build_graph("utawaku", cache_dir=None)
print(json.dumps({one: sorted(graph.find_modules_directly_imported_by(one))
                  for one in graph.modules}))
"""


def circles(imports: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Strongly connected components of more than one module, each sorted (Kosaraju's algorithm)."""
    order: list[str] = []
    seen: set[str] = set()

    def reached(start: str, edges: Mapping[str, Iterable[str]], known: set[str]) -> list[str]:
        known.add(start)
        path, finished = [(start, iter(edges.get(start, ())))], []
        while path:
            at, rest = path[-1]
            following = next((one for one in rest if one not in known), None)
            if following is None:
                finished.append(at)
                path.pop()
            else:
                known.add(following)
                path.append((following, iter(edges.get(following, ()))))
        return finished

    for module in imports:
        if module not in seen:
            order += reached(module, imports, seen)
    backwards: dict[str, list[str]] = {}
    for module, imported in imports.items():
        for one in imported:
            backwards.setdefault(one, []).append(module)
    seen = set()
    parts = [reached(module, backwards, seen) for module in reversed(order) if module not in seen]
    return sorted(sorted(part) for part in parts if len(part) > 1)


@pytest.fixture(scope="module")
def imports() -> dict[str, list[str]]:
    """Modules that each module imports: also inside functions, and for type checkers only."""
    done = subprocess.run(
        [sys.executable, "-c", _PRINT_IMPORTS],
        cwd=link_package(),
        env={"PYTHONPATH": str(link_package())},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_no_modules_of_a_package_import_each_other_in_a_circle(
    package: str, imports: dict[str, list[str]]
) -> None:
    root = f"utawaku.{package}"
    own = {
        module: [one for one in imported if one == root or one.startswith(f"{root}.")]
        for module, imported in imports.items()
        if module == root or module.startswith(f"{root}.")
    }
    assert len(own) > 1
    assert circles(own) == []


def test_a_circle_is_found_near_and_far_around() -> None:
    assert circles({"a": ["b"], "b": ["c"], "c": []}) == []
    assert circles({"a": ["b"], "b": ["a"]}) == [["a", "b"]]
    assert circles({"a": ["b"], "b": ["c", "d"], "c": ["a"], "d": ["e"], "e": ["d"]}) == [
        ["a", "b", "c"],
        ["d", "e"],
    ]
