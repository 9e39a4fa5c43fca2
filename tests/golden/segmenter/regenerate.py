"""Make the golden segmentations again, by the unmodified inaSpeechSegmenter.

UTAWAKU_INASPEECH_PYTHON=/path/to/its/python python tests/golden/segmenter/regenerate.py
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
RATIOS = (0.02, 0.03)


def main() -> int:
    """Write one JSON file an engine beside this script."""
    sys.path.insert(0, str(ROOT))
    from tests.models.segmenter_media import CASES, write_wav

    oracle = os.environ["UTAWAKU_INASPEECH_PYTHON"]
    runner = ROOT / "models" / "reference" / "inaspeech" / "run.py"
    with tempfile.TemporaryDirectory() as folder:
        paths = [write_wav(Path(folder) / f"{name}.wav", make()) for name, make in CASES.items()]
        for engine in ("sm", "smn"):
            golden: dict[str, dict[str, list]] = {name: {} for name in CASES}
            for ratio in RATIOS:
                command = [oracle, str(runner), "--engine", engine, "--energy-ratio", str(ratio)]
                done = subprocess.run(
                    [*command, *map(str, paths)], check=True, capture_output=True, text=True
                )
                for line in done.stdout.splitlines():
                    result = json.loads(line)
                    golden[Path(result["file"]).stem][str(ratio)] = result["segments"]
            text = json.dumps(golden, indent=1)
            (HERE / f"{engine}.json").write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
