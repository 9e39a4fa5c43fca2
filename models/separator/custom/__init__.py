"""A separator of the user's own: an ONNX network, described by a small TOML file."""

from utawaku.models.separator.custom.description import MORE, Description, describe
from utawaku.models.separator.custom.engine import CustomSeparator

__all__ = ["MORE", "CustomSeparator", "Description", "describe"]
