"""Speech from text by a formant synthesizer."""
