"""Every write that a role allows, and what the platform's next plan makes of it."""
