package portable

// traits are what can be told on one system.
type traits struct {
	// program lists the sockets; nil: gopsutil asks the system itself.
	program *program
	// lists: it lists sockets at all.
	lists bool
	// owners: it tells the process of each row.
	owners bool
	// perHolder: each row is a descriptor, so that a socket which several
	// processes hold has several; and the descriptor is told.
	perHolder bool
	// ownOnly: a user who is not root sees the sockets of his own processes.
	ownOnly bool
	// peers: it tells whom a datagram socket is connected to.
	peers bool
	// scopes: an address may come with its scope.
	scopes bool
	// embedded: the scope of a link-local address stands in its second 16 bits,
	// as in kernels that come from KAME.
	embedded bool
}

// systems holds the systems whose sockets are listed.
var systems = map[string]traits{
	"darwin":  {program: lsof, lists: true, owners: true, perHolder: true, ownOnly: true, peers: true, scopes: true, embedded: true},
	"freebsd": {program: lsof, lists: true, owners: true, perHolder: true, ownOnly: true, peers: true, scopes: true, embedded: true},
	"openbsd": {program: netstat, lists: true, peers: true, scopes: true},
	"linux":   {lists: true, peers: true},
	"windows": {lists: true, owners: true},
}
