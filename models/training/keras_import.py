"""Keras, which only training needs."""

from typing import Any

from utawaku.library.errors import ConfigError


def import_keras() -> Any:
    """Keras with TensorFlow behind it.

    Raises:
        ConfigError: they are not installed.
    """
    try:
        import keras
        import tensorflow  # noqa: F401 - Keras works with it
    except ImportError as error:
        raise ConfigError(
            f"TensorFlow is not installed ({error})",
            next_step="Install utawaku with its extra: pip install 'utawaku[train]'",
        ) from error
    return keras
