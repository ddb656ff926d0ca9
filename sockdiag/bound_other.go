//go:build !linux

package sockdiag

func kernelTellsBound() bool { return false }
