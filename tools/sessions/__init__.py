"""Label-paired streams of readings: faces, voices and bodies of different people who share a state."""
