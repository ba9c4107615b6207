"""The protocol endpoints: one file each, the only protocol code that knows HTTP. Their paths stand in ``paths``."""
