"""Routes by Ingresses or by a Gateway: what a Gateway needs, and what stays while routes move."""
