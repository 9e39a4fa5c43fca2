# Tasks for contributors; `just` lists them. Each works after `python3 bootstrap.py`.

python := ".venv/bin/python"

# List the tasks.
default:
    @just --list

# Style, import contracts and types.
check: lint
    {{python}} -m tests.checks imports
    {{python}} -m tests.checks types

# Style only.
lint:
    .venv/bin/ruff check .
    .venv/bin/ruff format --check .

# The default tests; `just test -k setlist` chooses.
test *ARGS:
    python3 bootstrap.py test {{ARGS}}

# Tests that take more than a minute each.
slow *ARGS:
    {{python}} -m pytest -m slow {{ARGS}}

# Write the generated pages: settings, and the man page.
docs:
    .venv/bin/utawaku settings --markdown > docs/settings.md
    {{python}} -m tests.manual_page > share/man/man1/utawaku.1

# Show the documentation as a site, on loopback.
site:
    .venv/bin/mkdocs serve

# Collect the sentences of the interface, and compile their translations.
translations:
    {{python}} -m tests.translations update

# One benchmark: `just bench segmentation`.
bench NAME *ARGS:
    {{python}} benchmarks/{{NAME}}.py {{ARGS}}

# Write constraints.txt: the newest versions that pyproject.toml allows, with their hashes.
lock:
    uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
        --generate-hashes --no-header --no-annotate --no-emit-index-url -o constraints.txt
