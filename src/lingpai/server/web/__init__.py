"""Pages people see: sign-in, consent, and what they allowed. They work without JavaScript."""
