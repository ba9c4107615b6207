"""An old-style application that lives in the browser alone and gets its token in the address (implicit grant)."""
