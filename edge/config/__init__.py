"""YAML in, validated config out; every error with its place."""
