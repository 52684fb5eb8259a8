"""What every API object has in common: kinds, schemas, errors, encodings, times and names."""
