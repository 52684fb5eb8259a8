//go:build tools

// Package controlplane names the etcd command that the tests run on.
package controlplane

import _ "go.etcd.io/etcd/server/v3"
