"""Evaluations of the shipped models, one module a task; never imported by `edge`."""
