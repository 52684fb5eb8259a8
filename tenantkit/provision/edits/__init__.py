"""Edits of the team's part of one tenant: which objects they are about, planned against the live state."""
