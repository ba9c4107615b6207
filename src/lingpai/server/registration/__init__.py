"""Applications that register themselves: what they may register, and the life of what they registered."""
