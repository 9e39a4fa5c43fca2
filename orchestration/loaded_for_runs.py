"""Import of all that a run needs: a process that has imported this forks runs at once.

Nothing here starts a thread or opens a file: what is forked would share it.
"""

import gc
import importlib

MODULES = (
    "dagster._grpc.impl",
    "utawaku.definitions",
    "utawaku.library.catalogue",
    "utawaku.media.decode",
    "numpy",
    "scipy.signal",
    "onnxruntime",
)

for _name in MODULES:
    importlib.import_module(_name)
# A collection in a forked process would copy the pages of all that it looks through.
gc.collect()
gc.freeze()
