//go:build tools

// Package controlplane names the Gateway API's controller that the tests of shared Gateways run.
package controlplane

import _ "github.com/envoyproxy/gateway/cmd/envoy-gateway"
