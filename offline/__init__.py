"""Generation without a network or an API key: an artist, a band, a voice, a small language model, and vision."""
