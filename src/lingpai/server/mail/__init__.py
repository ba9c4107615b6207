"""Mails to people: what they say, waiting until they can be sent, and sending them."""
