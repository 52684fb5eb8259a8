"""The rows of `kubectl get`: columns and cells of each kind."""
