"""Wearables over Bluetooth Low Energy: pure decoders, a link with states, one source for each device."""
