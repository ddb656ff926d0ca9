package sock

// Container is what a process runs in, as its control group tells it. A value is
// immutable once it was yielded.
type Container struct {
	// Runtime is what made it: docker, containerd, cri-o, podman, lxc, nspawn or
	// libvirt-lxc; empty if that is not told.
	Runtime string
	ID      string
	// Name and Image come from the files of the runtime, where the reader may read
	// them. For lxc and nspawn the name is the ID.
	Name, Image string
	// Pod is the name of the pod and Namespace that of Kubernetes, from the same
	// files; PodID is the pod's UID in Kubernetes, its ID in podman.
	Pod, PodID, Namespace string
}

// shortID is how much of an ID people see, as in the listings of the runtimes.
const shortID = 12

// Called returns what people call the container: its name, or else its ID, of which
// the first digits are enough where it is one of those that runtimes make.
func (c *Container) Called() string {
	switch {
	case c.Name != "":
		return c.Name
	case len(c.ID) == 64: // 32 bytes in hexadecimal digits
		return c.ID[:shortID]
	}
	return c.ID
}

// PlacedBy says whose control group told where a socket belongs.
type PlacedBy uint8

// The origins of Unit and Container.
const (
	PlacedUnknown PlacedBy = iota
	// PlacedByOwner: a process that holds the socket is there now.
	PlacedByOwner
	// PlacedBySocket: the socket was made there, and who holds it is not known.
	PlacedBySocket
)

var placedByNames = []string{"", "owner", "socket"}

// PlacedByNames returns the words for the values of [PlacedBy].
func PlacedByNames() []string { return placedByNames }
