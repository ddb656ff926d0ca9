package sockdiag

import (
	"bytes"
	"fmt"
	"io"
)

// TCP sockets that are bound, and neither listen nor connect, are told by a
// kernel whose TCP has the state TCP_BOUND_INACTIVE: since Linux 6.8, and before
// in kernels of distributions that took it over. Others ignore the bit, go
// through all connections and find nothing; no reply says which it was. So the
// kernel's type information is asked, and only where the release is no proof.

// knowsBound decides that from the release (uname(2)), or else from the type
// information, if there is any.
func knowsBound(release string, btf io.ReaderAt) bool {
	if isSince(release, 6, 8) {
		return true
	}
	if btf == nil {
		return false
	}
	names, err := btfNames(btf)
	return err == nil && bytes.Contains(names, []byte("\x00TCP_BOUND_INACTIVE\x00"))
}

// isSince reports whether a release (uname(2)) is known to be a version or newer.
func isSince(release string, major, minor int) bool {
	var a, b int
	_, err := fmt.Sscanf(release, "%d.%d", &a, &b)
	return err == nil && (a > major || a == major && b >= minor)
}

// btfNames reads the names in BTF: what is behind struct btf_header of
// linux/btf.h at str_off. The kernel's own are 1 to 2 MB.
func btfNames(r io.ReaderAt) ([]byte, error) {
	var header [24]byte
	if _, err := r.ReadAt(header[:], 0); err != nil {
		return nil, err
	}
	if native.Uint16(header[:]) != 0xEB9F {
		return nil, fmt.Errorf("BTF header %x", header)
	}
	at := func(i int) int64 { return int64(native.Uint32(header[i:])) }
	return io.ReadAll(io.NewSectionReader(r, at(4)+at(16), at(20)))
}
