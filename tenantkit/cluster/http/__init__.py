"""One HTTP request to the API server: credentials, transport, retries, and the error that an answer becomes."""
