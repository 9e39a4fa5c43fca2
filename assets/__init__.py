"""Dagster software-defined assets, one file per artefact.

Importing this package imports all of its modules, so every artefact has its binding.
"""

import importlib
import pkgutil

MODULES = [
    importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)
]
