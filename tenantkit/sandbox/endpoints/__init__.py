"""HTTP: what a request asks for, the verbs, content negotiation, discovery and subresources."""
