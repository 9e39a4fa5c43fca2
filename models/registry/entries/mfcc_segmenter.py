"""The acoustic segmenter's pretrained network (MIT, Keigh Rim), from its public repository."""

from dataclasses import dataclass
from pathlib import Path

from utawaku.library.errors import WeightsMissingError
from utawaku.library.progress import Progress, part
from utawaku.models.registry.entry import Weights
from utawaku.models.registry.sources import HttpsFile

_BASE = (
    "https://raw.githubusercontent.com/keighrim/audio-segmentation/"
    "ecaf1c3cff41dec90230ebc0e9849d1999610e2c/pretrained/musan-full-20201031-tf/variables/"
)
_INDEX_BYTES = 2038


@dataclass(frozen=True)
class JoinedFiles:
    """Several files put behind one another; each may be placed by hand."""

    files: tuple[HttpsFile, ...]
    described: str

    @property
    def placeable(self) -> str:
        """The files' own names."""
        return ", ".join(file.file_name for file in self.files)

    def fetch(
        self, target: Path, placed_in: Path, progress: Progress, *, brief: bool = False
    ) -> None:
        """See `utawaku.models.registry.entry.Source`."""
        pieces = []
        for number, file in enumerate(self.files):
            piece = target.with_name(f"{target.name}.{number}")
            share = part(progress, number / len(self.files), (number + 1) / len(self.files))
            file.fetch(piece, placed_in, share, brief=brief)
            pieces.append(piece.read_bytes())
            if len(pieces[-1]) != file.n_bytes:
                raise WeightsMissingError("has another size than published", subject=file.url)
        target.write_bytes(b"".join(pieces))


def _convert(raw: Path, target: Path) -> None:
    """The checkpoint's index and data to ONNX."""
    from utawaku.models.mfcc_segmenter.network import build, layers_of
    from utawaku.models.registry.tf_checkpoint import read_checkpoint

    data = raw.read_bytes()
    tensors = read_checkpoint(data[:_INDEX_BYTES], [data[_INDEX_BYTES:]])
    target.write_bytes(build(layers_of(tensors)).SerializeToString(deterministic=True))


ENTRIES = (
    Weights(
        name="bacs",
        purpose="segments: speech or not, the small MFCC network (brandeis-acs, MUSAN)",
        licence="MIT",
        source=JoinedFiles(
            (
                HttpsFile(
                    f"{_BASE}variables.index",
                    "bacs-variables.index",
                    _INDEX_BYTES,
                    "dde3764f544015c1ce4de57c0d4add1973cbcb36c1f8771b322ade6f0c9f02c1",
                ),
                HttpsFile(
                    f"{_BASE}variables.data-00000-of-00001",
                    "bacs-variables.data-00000-of-00001",
                    30_484,
                    "e4c10ea3efc86474cd4042159b444a3a20295a0d617d433654c22ad209e1f119",
                ),
            ),
            f"{_BASE}variables.*",
        ),
        raw_sha256="56d0d2dfe11330a755d8582a74e65a664c63b952b45dd6e499b05c4d2e0bc7d1",
        raw_bytes=_INDEX_BYTES + 30_484,
        file_name="bacs-musan-full.onnx",
        convert=_convert,
    ),
)
