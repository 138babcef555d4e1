"""edge-affect: the affect sensor that refuses."""

__version__ = "0.1.0"
