"""The verbs: plan, apply, install and delete. What is decided is pure; what is done stands at the edge."""
