"""What the people who change Lingpai need, and nobody who runs it."""
