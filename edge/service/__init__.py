"""What surrounds the street: the local page."""
