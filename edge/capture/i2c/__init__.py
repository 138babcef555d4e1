"""Sensors on the board's own I2C bus, through smbus2."""
