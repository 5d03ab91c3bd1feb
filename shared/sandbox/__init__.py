"""Runs the decoding of strangers' bytes in child processes without keys, network or write access (rule 13)."""
