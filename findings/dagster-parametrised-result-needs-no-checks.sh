#!/usr/bin/env bash
# Dagster: `-> MaterializeResult[None]` is refused as soon as the asset has a check.
# Most would expect: MaterializeResult is generic, mypy --strict asks for its parameter, and so the
# parametrised annotation means the same as the plain one wherever the plain one is allowed.
# What happens: it is accepted on an asset without checks; with one AssetCheckSpec the definition
# fails with "Expected Tuple annotation for multiple outputs", because the special case for a single
# result compares the annotation with the class itself. The plain class is accepted in both.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check dagster==1.13.27 ||
  { echo "cannot install dagster==1.13.27: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import importlib.metadata, sys, warnings
import dagster as dg

warnings.simplefilter("ignore")
print("dagster", importlib.metadata.version("dagster"))

def defined(annotation, checks):
    def song():
        return dg.MaterializeResult()

    song.__annotations__["return"] = annotation
    specs = [dg.AssetCheckSpec("is_whole", asset="song")] if checks else None
    try:
        dg.asset(name="song", check_specs=specs)(song)
    except dg.DagsterInvariantViolationError as error:
        return str(error).split(",")[0]
    return "accepted"

seen = {}
for shown, annotation in (("plain", dg.MaterializeResult), ("[None]", dg.MaterializeResult[None])):
    for checks in (0, 1):
        seen[shown, checks] = defined(annotation, checks)
        print(f"{shown:7} {checks} checks: {seen[shown, checks]}")
refused = "Expected Tuple annotation for multiple outputs"
same = seen == {("plain", 0): "accepted", ("plain", 1): "accepted",
                ("[None]", 0): "accepted", ("[None]", 1): refused}
sys.exit(0 if same else "the behaviour has changed")
PY
