"""Requests: what only somebody else may do, as a text to send to them."""
