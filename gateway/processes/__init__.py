"""Several gateway processes on one port, and one page of their metrics."""
