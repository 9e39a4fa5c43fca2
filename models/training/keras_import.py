"""Keras, which only training needs."""

from typing import Any

from utawaku.library.errors import ExtraMissingError
from utawaku.library.extras import next_step


def import_keras() -> Any:
    """Keras with TensorFlow behind it.

    Raises:
        ExtraMissingError: they are not installed.
    """
    try:
        import keras
        import tensorflow  # noqa: F401 - Keras works with it
    except ImportError as error:
        raise ExtraMissingError(
            f"TensorFlow is not installed ({error})", next_step=next_step("train")
        ) from error
    return keras
