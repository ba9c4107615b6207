"""Who is sitting at the browser: accounts, passwords, sign-in, browser sessions, CSRF tokens. Knows no HTTP."""
