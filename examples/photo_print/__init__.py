"""Bear Photo Print: a third-party application that gets a person's albums with that person's consent."""
