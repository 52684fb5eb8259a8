"""HTTP endpoints: parsing and authenticating requests, the verbs, content negotiation, discovery and subresources."""
