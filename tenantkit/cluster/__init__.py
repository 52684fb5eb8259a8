"""The one door to a Kubernetes API server: connect, read, write, watch, ask who may what.

`config` decides where to connect and as whom, `transport` carries bytes, `door` adds credentials, retries and errors to
each of them, and `cluster.Cluster` is what everybody else holds. Nothing outside this folder imports `kubernetes`.
"""
