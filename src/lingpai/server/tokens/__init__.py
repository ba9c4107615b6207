"""What we hand out: how it is sealed or signed, minted, looked up, and with which keys."""
