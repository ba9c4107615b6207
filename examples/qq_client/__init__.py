"""A website with a QQ sign-in button, against Lingpai or QQ itself. See ``README.md`` beside this file."""
