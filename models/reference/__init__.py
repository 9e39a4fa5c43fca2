"""Other people's packages, unmodified, in environments of their own: the oracles of parity tests."""
