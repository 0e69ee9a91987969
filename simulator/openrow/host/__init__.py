"""Hosts, GPU or CPU: caches that filter an address stream, and what bounds the time of a kernel."""
