"""Where the API server is and which credentials to use: kubeconfig, context, in-cluster account, proxy."""
