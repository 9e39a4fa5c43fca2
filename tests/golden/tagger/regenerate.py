"""Make the golden numbers of the tagger again from upstream's own code.

Two environments, since upstream's pins are dead:

    python regenerate.py mel                      # needs librosa: writes mel.npy
    python regenerate.py network UNPACKED_WHEEL   # needs tensorflow==2.12: writes network.npz

The second runs musicnn 0.1.0's unmodified `models.py` under `tf.compat.v1` with the weights that
TensorFlow itself restores from the wheel's checkpoint.
"""

import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def signal() -> np.ndarray:
    """One second of noise and a sweep at 16 kHz, at full scale."""
    rng = np.random.default_rng(8)
    time_s = np.arange(16_000) / 16_000
    sweep = np.sin(2 * np.pi * (100 + 3500 * time_s) * time_s)
    return (0.3 * rng.standard_normal(16_000) + 0.7 * sweep).astype(np.float32)


def patches() -> np.ndarray:
    """Two patches in the range that music has."""
    rng = np.random.default_rng(9)
    slow = np.repeat(rng.uniform(0, 3, (2, 17, 96)), 11, axis=1)
    return (slow + rng.uniform(0, 1, (2, 187, 96))).astype(np.float32)


def mel() -> None:
    import librosa

    power = librosa.feature.melspectrogram(
        y=signal(), sr=16_000, hop_length=256, n_fft=512, n_mels=96, center=False
    ).T
    np.save(HERE / "mel.npy", np.log10(10_000 * power + 1).astype(np.float32))


def network(folder: str) -> None:
    import tensorflow as tf

    sys.path.insert(0, folder)
    tf.compat.v1.disable_eager_execution()
    from musicnn import models

    x = tf.compat.v1.placeholder(tf.float32, [None, 187, 96])
    training = tf.compat.v1.placeholder(tf.bool)
    with tf.name_scope("model"):
        logits, *_, penultimate = models.define_model(x, training, "MSD_musicnn", 50)
    session = tf.compat.v1.Session()
    tf.compat.v1.train.Saver().restore(session, f"{folder}/musicnn/MSD_musicnn/")
    tags, embedding = session.run(
        [tf.nn.sigmoid(logits), penultimate], {x: patches(), training: False}
    )
    np.savez(HERE / "network.npz", tags=tags, embedding=embedding)


if __name__ == "__main__":
    mel() if sys.argv[1] == "mel" else network(sys.argv[2])
