"""p(like) from how a song sounds, by the spectrogram network that was trained on the grades."""

from pathlib import Path

import numpy as np

from utawaku.library.errors import WeightsCorruptError, WeightsMissingError
from utawaku.models.onnx_session import make_session
from utawaku.models.tagger.features import N_MELS

N_FRAMES = 125
"""Frames of a piece: 2 s."""
_NEXT_STEP = "Train it again with `utawaku train taste --network`"


def middles(pieces: np.ndarray) -> np.ndarray:
    """The middle of each piece: float (n_pieces, 187, 96) to float32 (n_pieces, 125, 96)."""
    start = (pieces.shape[1] - N_FRAMES) // 2
    return np.ascontiguousarray(pieces[:, start : start + N_FRAMES], np.float32)


class NetworkTaste:
    """The network: `pieces` float32 (n, 125, 96) to `scores` (n,) in [0, 1]."""

    def __init__(self, model: Path | bytes) -> None:
        """Load it.

        Raises:
            WeightsMissingError: it is gone; WeightsCorruptError: it is damaged or another network.
        """
        subject = str(model) if isinstance(model, Path) else ""
        try:
            data = model.read_bytes() if isinstance(model, Path) else model
        except FileNotFoundError as error:
            raise WeightsMissingError(
                "the spectrogram network is gone", subject=subject, next_step=_NEXT_STEP
            ) from error
        try:
            self._session = make_session(data)
            fits = self._session.get_inputs()[0].shape[1:] == [N_FRAMES, N_MELS]
        except Exception as error:  # ONNX Runtime's errors share no base class
            raise WeightsCorruptError(
                f"the spectrogram network is damaged ({error})",
                subject=subject,
                next_step=_NEXT_STEP,
            ) from error
        if not fits:
            raise WeightsCorruptError(
                "this is another network", subject=subject, next_step=_NEXT_STEP
            )

    def score(self, pieces: np.ndarray) -> float:
        """p(like) of a song, the mean over its pieces (n_pieces, 187, 96).

        Pieces are float32.
        """
        return float(self._session.run(["scores"], {"pieces": middles(pieces)})[0].mean())
