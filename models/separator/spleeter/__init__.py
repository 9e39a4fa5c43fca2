"""Spleeter's two-stem networks, rebuilt from its own checkpoint and run without TensorFlow."""
