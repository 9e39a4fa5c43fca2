"""Audio and video without networks: decode, probe, cut, encode, measure and draw."""
