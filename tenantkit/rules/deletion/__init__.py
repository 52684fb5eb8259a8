"""What the deletion of an object waits for."""
