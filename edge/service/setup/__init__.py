"""The first config of a device: what is there, what was answered, and the YAML that follows from both."""
