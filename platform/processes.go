package platform

// ProcessEntry is a process of this machine, whether it holds sockets or not.
type ProcessEntry struct {
	PID, Parent int // of no parent: 0
	// Name is the name that owners have.
	Name string
}
