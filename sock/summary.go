package sock

// Summary counts the sockets of a machine, and says what the kernel keeps of them
// as a whole.
type Summary struct {
	// Tables are the protocols that were counted, in the order of a listing.
	Tables []TableCount
	KernelSummary
}

// KernelSummary is what the kernel keeps of the sockets of a network namespace as a
// whole. It is empty on systems that tell nothing of it.
type KernelSummary struct {
	// Usage is what is limited, and how much of it is taken.
	Usage []Usage
	// Troubles are the kernel's counters of errors and drops that are not zero.
	Troubles []Counter
	// Counters are all of the kernel's counters about sockets.
	Counters []Counter
}

// TableCount counts the sockets of a protocol.
type TableCount struct {
	Protocol Protocol
	counts   [familyEnd][stateEnd]uint64
}

// Count adds a socket.
func (c *TableCount) Count(s *Socket) { c.counts[s.Family][s.State]++ }

// In returns the number of sockets of a family in a state.
func (c *TableCount) In(f Family, s State) uint64 { return c.counts[f][s] }

// Family returns the number of sockets of a family.
func (c *TableCount) Family(f Family) (n uint64) {
	for _, m := range c.counts[f] {
		n += m
	}
	return n
}

// State returns the number of sockets in a state.
func (c *TableCount) State(s State) (n uint64) {
	for f := range c.counts {
		n += c.counts[f][s]
	}
	return n
}

// Total returns the number of sockets.
func (c *TableCount) Total() (n uint64) {
	for f := range c.counts {
		n += c.Family(Family(f))
	}
	return n
}

// Usage is how much is taken of something that the kernel limits.
type Usage struct {
	// Protocol is whose sockets take it; unknown: those of every protocol.
	Protocol Protocol
	// Name is the member in JSON, with the unit, such as "memory_bytes".
	Name string
	// Used is how much is taken. It is not known for a limit that holds for each
	// socket by itself.
	Used Amount
	// Limit is how much may be.
	Limit Amount
	// Machine reports that both are those of the whole machine, whatever network
	// namespace was asked.
	Machine bool
	// Setting is the sysctl of the limit, such as "net.ipv4.tcp_mem".
	Setting string
}

// Amount is a number that may not be known.
type Amount struct {
	Value int64
	Known bool
}

// Counter is one number that the kernel keeps of its sockets: of a group, such as
// "TcpExt", and with a name, such as "ListenOverflows", both as the kernel prints
// them. Most count since the network namespace began.
type Counter struct {
	Group, Name string
	Value       int64
}
