"""What a plan says besides its changes: where it was made, what to know before it is applied, and its words."""
