package sock

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"sync"
)

// Environment is where a source looks. Everything that is somewhere else for
// another network namespace, a copy of a machine or a test stands here; no source
// looks at the namespace of its thread or at /proc by itself. The zero value is
// a machine without any of it.
type Environment struct {
	// Proc is the root of the proc file system, such as "/proc"; empty if there
	// is none.
	Proc string
	// ByteOrder is that of the machine that wrote Proc: the tables in it show
	// addresses as the machine's own numbers.
	ByteOrder binary.ByteOrder
	// Namespace is the network namespace; nil if it is not known, and then
	// everything is opened in that of the thread.
	Namespace Namespace
	// Tables is the directory of the namespace's tables in Proc, such as
	// "/proc/812/net"; empty if it is that of a thread in the namespace.
	Tables string
	// Interfaces are those of the namespace; nil knows none.
	Interfaces *Interfaces
}

// Namespace is an open network namespace.
type Namespace interface {
	// Inode is that of its nsfs file, Name the name that it was given; empty if it
	// has none.
	Inode() uint64
	Name() string
	// Do runs f on a thread that is in the namespace. f starts no goroutines and
	// keeps what it opened: a socket or a file of /proc/net stays in the
	// namespace in which it was opened. The error is that of f, or of a namespace
	// that cannot be entered.
	Do(f func() error) error
	Close() error
}

// Do runs f in the environment's network namespace; see [Namespace].
func (e *Environment) Do(f func() error) error {
	if e.Namespace == nil {
		return f()
	}
	return e.Namespace.Do(f)
}

// Close closes the namespace.
func (e *Environment) Close() error {
	if e.Namespace == nil {
		return nil
	}
	return e.Namespace.Close()
}

// Interfaces are the network interfaces of an environment. All are read when the
// first is asked for, by name or by index, and not again until [Interfaces.Forget];
// their addresses so too, if these are asked for.
// They may be asked for by several goroutines.
type Interfaces struct {
	// Load reads the names by their indices.
	Load func() (map[uint32]string, error)
	// LoadAddresses reads the addresses; nil: they cannot be told. Where the names come
	// with them it returns these too, else nil.
	LoadAddresses func() (all []InterfaceAddress, names map[uint32]string, err error)

	mu         sync.Mutex
	loaded     bool
	names      map[uint32]string
	err        error
	addressed  bool // the addresses were asked for
	addresses  []InterfaceAddress
	addressErr error
}

// InterfaceAddress is an address of a network interface, which has no zone.
type InterfaceAddress struct {
	Interface uint32 // its index
	Address   netip.Addr
	// VRF is the index of the device of the virtual routing domain that the interface
	// is part of, or is; 0: none.
	VRF uint32
	// Spanning are the protocols whose sockets take what arrives in the VRF if they are
	// bound to no device.
	Spanning ProtocolSet
}

// ErrNoAddresses is the error of interfaces that are not known: those of a file, or of
// a namespace that may not be entered.
var ErrNoAddresses = errors.New("the interfaces are not known")

// Addresses returns the addresses of all interfaces. The error is ErrNoAddresses, or
// that of the system.
func (i *Interfaces) Addresses() ([]InterfaceAddress, error) {
	if i == nil || i.LoadAddresses == nil {
		return nil, ErrNoAddresses
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.addressed {
		var names map[uint32]string
		i.addresses, names, i.addressErr = i.LoadAddresses()
		i.addressed = true
		if names != nil {
			i.names, i.err, i.loaded = names, nil, true
		}
	}
	return i.addresses, i.addressErr
}

// Name returns the name of an interface, empty if none has the index.
func (i *Interfaces) Name(index uint32) string {
	names, _ := i.all()
	return names[index]
}

// Index returns the index of an interface, 0 if none has the name. The error is
// that of interfaces which cannot be read.
func (i *Interfaces) Index(name string) (uint32, error) {
	names, err := i.all()
	for index, n := range names {
		if n == name {
			return index, nil
		}
	}
	return 0, err
}

// Forget makes the next question read the interfaces again.
func (i *Interfaces) Forget() {
	if i != nil {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.loaded, i.addressed, i.addresses = false, false, nil
	}
}

func (i *Interfaces) all() (map[uint32]string, error) {
	if i == nil {
		return nil, nil
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.loaded {
		i.names, i.err = i.Load()
		i.loaded = true
	}
	return i.names, i.err
}
