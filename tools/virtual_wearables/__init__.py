"""Wearables that need no wearer: Bluetooth peripherals in software, for tests and for trying things out."""
