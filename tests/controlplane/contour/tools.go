//go:build tools

// Package controlplane names the ingress controller that the routing test runs.
package controlplane

import _ "github.com/projectcontour/contour/cmd/contour"
