"""A procedural artist: images and videos from words and a seed, by arithmetic alone, without a model or a network."""
