"""The separator that works at once: a small network that ships with utawaku (see MODEL_CARD.md)."""
