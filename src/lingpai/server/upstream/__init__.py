"""Signing in here with somebody else's word: identity providers upstream, and whose account their people open."""
