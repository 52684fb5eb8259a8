//go:build tools

// Package controlplane names the command that enforces NetworkPolicies, IPv6 ones too.
package controlplane

import _ "sigs.k8s.io/kube-network-policies/cmd"
