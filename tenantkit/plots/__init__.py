"""Pictures of what the frames say: quotas, and who is on which accelerator."""
