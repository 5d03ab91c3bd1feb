"""Text and prompts by a small language model on the CPU."""
