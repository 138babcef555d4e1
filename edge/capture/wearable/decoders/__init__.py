"""Bytes of wearables to values, without a radio; no byte string raises anything but `DecodeError`."""
