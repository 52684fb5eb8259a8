"""Adding and removing members and routes, with the permissions of an owner."""
