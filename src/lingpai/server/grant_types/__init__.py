"""The grant types there are: one file each. A grant type proves; it does not mint. Who may use which: ``policy``."""
