"""A small band: music from words and a seed, by arithmetic alone, without recordings, a model or a network."""
