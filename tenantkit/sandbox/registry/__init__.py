"""The steps of a write between admission and the store: creating, deleting, binding, and the strategy of each kind."""
