"""A Linux machine in software (QEMU) that lends real kernel drivers to tests: Bluetooth and cameras.

Its root is this machine's own, read through 9p under a layer in memory, so that everything
installed here runs there and nothing it writes stays, save what it puts into `/mnt`.
"""
