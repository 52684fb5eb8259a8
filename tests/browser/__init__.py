"""The lab and its forms in a real browser; a package, so that lab and browser end with it and not with the session."""
