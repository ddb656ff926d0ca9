package sockdiag

// wire carries netlink messages to and from the kernel. It is the one seam for
// tests, which replay bytes through it. Its errors are the operating system's.
type wire interface {
	// port returns the netlink port id of this end, which the kernel puts into
	// each reply.
	port() uint32
	// send sends one datagram.
	send(datagram []byte) error
	// receive waits a moment for one datagram and returns it, in buf or in memory
	// of the wire that is its caller's until the next call. truncated reports
	// that there was too little room and the rest of the datagram is lost. If
	// nothing came the error is EAGAIN; it may be EINTR for no reason.
	receive(buf []byte) (datagram []byte, truncated bool, err error)
	close()
}
