"""The authorization server. Nothing is re-exported: import the module that owns what you need."""
