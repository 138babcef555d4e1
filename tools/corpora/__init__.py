"""Readers of the data layouts that training and measuring use; never imported by `edge`."""
