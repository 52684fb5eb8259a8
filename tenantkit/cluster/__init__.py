"""The connection to a Kubernetes API server: connect, read, write, watch, and ask who may do what.

`connection` decides where to connect and as whom, `http` sends one request and turns the response into an object or an
error, `requests` holds the requests of the Kubernetes API, and `cluster.Cluster` is what the rest of tenantkit uses.
Nothing outside this folder imports `kubernetes` or `urllib3`.
"""
