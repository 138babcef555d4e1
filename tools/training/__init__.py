"""What the training tools share; never imported by `edge`."""
