"""Forms: plan, apply and watch by filling in fields and clicking. Each form shows the Python code that it runs."""
