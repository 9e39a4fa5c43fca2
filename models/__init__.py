"""Engines: what listens to audio or talks to an outside service. Imports only `library`."""

import os

# ONNX Runtime tells Microsoft about its use unless this is set before it is imported; whoever wants
# that sets the variable to 0.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
