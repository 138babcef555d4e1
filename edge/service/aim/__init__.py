"""Helps to aim a camera: where faces are and what is wrong with them, as boxes and words, never a picture."""
