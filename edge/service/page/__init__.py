"""The local page: what the device releases, withholds and senses, for whoever is at home."""
