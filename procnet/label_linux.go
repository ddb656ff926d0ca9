package procnet

import "golang.org/x/sys/unix"

// attributeOf returns an extended attribute of what a path leads to; nil if it has
// none.
func attributeOf(path, name string) []byte {
	value := make([]byte, maxLabel)
	n, err := unix.Getxattr(path, name, value)
	if err != nil {
		return nil
	}
	return value[:n]
}
