package population

import (
	"errors"
	"time"
)

// sharedHolders is how many processes hold the shared listener besides this.
const sharedHolders = 4

// Parity makes the population that listings are compared over: every protocol,
// kind of address, state and kind of owner that can be held still. Unix sockets
// with a path stand in dir. It needs namespaces of [Isolate], and ip(8) and
// cat(1).
func Parity(dir string) (*Set, error) {
	b := &builder{Set: &Set{}}
	b.check(makeDevices(), "make devices")
	b.tcp()
	b.tcpStates()
	b.datagrams()
	b.unixSockets(dir)
	b.shared(sharedHolders)
	b.settle(10 * time.Second)
	if b.err != nil {
		return nil, errors.Join(b.err, b.Close())
	}
	return b.Set, nil
}
