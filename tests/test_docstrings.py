"""Docstrings of the product: the words they begin with, and the arrays they describe."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = (
    "assets", "commands", "demo", "jobs", "library", "media", "models", "orchestration", "sensors",
    "services", "tui", "utawaku", "web", "workflows",
)  # fmt: skip
FILES = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
QUESTION = re.compile(r"(What|How|Where|Whether|When|Who|Which|Why)\b")
SHAPE = re.compile(r"\((n_|\w+,|\.\.\.|\d)|[Ss]hape|\bscalar\b")
DTYPE = re.compile(r"float|int|bool|complex|dtype")


def _texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and text of each docstring, of modules, classes, functions and fields."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        for statement in body if isinstance(body, list) else []:
            if (
                isinstance(statement, ast.Expr)
                and isinstance(statement.value, ast.Constant)
                and isinstance(statement.value.value, str)
            ):
                yield statement.lineno, statement.value.value.strip()


def _public_functions(node: ast.AST) -> Iterator[ast.FunctionDef]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef) and not child.name.startswith("_"):
            yield from _public_functions(child)
        elif isinstance(child, ast.FunctionDef) and not child.name.startswith("_"):
            yield child


def _has_arrays(function: ast.FunctionDef) -> bool:
    arguments = [*function.args.args, *function.args.kwonlyargs]
    annotations = [one.annotation for one in arguments if one.annotation is not None]
    if function.returns is not None:
        annotations.append(function.returns)
    return any("NDArray" in text or "np.ndarray" in text for text in map(ast.unparse, annotations))


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.Module]:
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text("utf-8")) for path in FILES}


def test_docstrings_begin_with_a_verb_or_a_noun(trees: dict[str, ast.Module]) -> None:
    wrong = [
        f"{name}:{line} {text.splitlines()[0]}"
        for name, tree in trees.items()
        for line, text in _texts(tree)
        if QUESTION.match(text)
    ]
    assert wrong == []


def test_functions_of_arrays_give_shape_and_dtype(trees: dict[str, ast.Module]) -> None:
    wrong = [
        f"{name}:{function.lineno} {function.name}"
        for name, tree in trees.items()
        for function in _public_functions(tree)
        if _has_arrays(function)
        and not all(pattern.search(ast.get_docstring(function) or "") for pattern in (SHAPE, DTYPE))
    ]
    assert wrong == []
