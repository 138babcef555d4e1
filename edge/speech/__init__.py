"""The speech reader: sound in, affect out; what was said is never kept."""
