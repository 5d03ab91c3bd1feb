"""A procedural artist: pictures and films from words and a seed, with arithmetic only, no model and no network."""
