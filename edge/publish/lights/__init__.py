"""Lamps that show the state of a zone: one small adapter for each kind."""
