"""What the guardrails deny and what they let through, tried on both engines."""
