"""Fuzzes every entry that decodes strangers' bytes or renders their text, in the sandbox that serves it."""
