"""Reads the headers of strangers' files, and decodes the text that carries them."""
