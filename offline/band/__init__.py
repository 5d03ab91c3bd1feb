"""A small band: music from words and a seed, with arithmetic only, no recording, no model and no network."""
