"""The authorization endpoint without HTTP: what was asked, what comes next, what is answered."""
