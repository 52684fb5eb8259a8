"""Views that follow a cluster: the data, the threads that update it, and the views that show it."""
