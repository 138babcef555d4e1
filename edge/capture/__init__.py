"""Sensors and recordings: bytes of the world in, samples of `edge.signals` out."""
