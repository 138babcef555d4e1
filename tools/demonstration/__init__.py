"""The demo: the whole street on recordings, watched in the terminal."""
