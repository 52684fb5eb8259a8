//go:build tools

// Package controlplane names the Kubernetes commands that the tests run on.
package controlplane

import (
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kube-controller-manager"
)
