"""Images decoded, measured, described and upscaled."""
