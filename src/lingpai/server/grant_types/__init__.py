"""The grant types there are: one file each, one tuple here. A grant type proves; it does not mint."""

GRANT_TYPES = ("authorization_code", "refresh_token")
"""Their registered names, in the order the metadata lists them."""
