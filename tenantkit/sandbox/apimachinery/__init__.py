"""What all API objects have in common: kinds, schemas, errors, encodings, times and names."""
