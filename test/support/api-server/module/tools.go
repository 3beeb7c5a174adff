//go:build tools

// Names the servers that the operator's tests run against, so that go.mod pins their versions.
package tools

import (
	_ "go.etcd.io/etcd/server/v3"
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
)
