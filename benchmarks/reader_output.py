"""Running the programs of `benchmarks.readers`, and reading what they print."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path


def run(*command: str | Path, **settings: object) -> str:
    """Run a program and return what it prints, errors too."""
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True, text=True, check=False, timeout=240, errors="replace",
        **settings,  # type: ignore[call-overload]
    )  # fmt: skip
    return str(done.stdout) + str(done.stderr)


def flat(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield `(dotted name, text)` of nested JSON."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from flat(each, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list):
        for each in value:
            yield from flat(each, name)
    elif value is not None:
        yield name, str(value)


def joined(pairs: Iterator[tuple[str, str]]) -> dict[str, str]:
    """Join the texts of one name."""
    found: dict[str, str] = {}
    for name, text in pairs:
        found[name] = f"{found[name]} | {text}" if name in found else text
    return found


def lines(text: str, pattern: str) -> dict[str, str]:
    """Collect `name` and `text` of each line that fits."""
    matches = (re.match(pattern, line) for line in text.splitlines())
    return joined((m[1].strip(), m[2].strip()) for m in matches if m)
