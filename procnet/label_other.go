//go:build !linux

package procnet

func attributeOf(string, string) []byte { return nil }
