"""The whole built from an architecture, and the result tree."""
