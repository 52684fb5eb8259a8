//go:build tools

// Package controlplane names the command that plays the nodes and runs their pods.
package controlplane

import _ "sigs.k8s.io/kwok/cmd/kwok"
