"""Dagster's daemon of `up`, with the settings of its services.

`python -m utawaku.commands.service_runner utawaku.commands.pipeline_daemon -w WORKSPACE`.
"""

import runpy
import sys

from dagster._core.instance import InstanceRef
from dagster._serdes import serialize_value

from utawaku.library.config import load_settings
from utawaku.orchestration.dagster_settings import SERVICES_FILE, is_tried_with

if __name__ == "__main__":
    words = ["dagster-daemon", "run", *sys.argv[1:]]
    if is_tried_with():  # as `dagster dev` does, by an option that Dagster's help does not show
        home = str(load_settings().dagster_home)
        ref = InstanceRef.from_dir(home, config_filename=SERVICES_FILE)
        words += ["--instance-ref", serialize_value(ref)]
    sys.argv[:] = words
    runpy.run_module("dagster._daemon", run_name="__main__", alter_sys=True)
