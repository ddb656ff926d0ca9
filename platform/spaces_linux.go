package platform

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"sockeye/platform/netns"
	"sockeye/procnet"
	"sockeye/sock"
)

// spaceFinder finds and opens the network namespaces of this machine.
type spaceFinder struct {
	env     *sock.Environment // that of the host
	sources []sock.Source
	finder  ownerFinder // nil: descriptors are not searched
}

// find opens every namespace that is not among the known ones.
func (f *spaceFinder) find(ctx context.Context, known map[spaceKey]*space) (all []*space, failures []*sock.Partial) {
	held := func() []netns.Descriptor { return namespaceDescriptors(ctx, f.finder) }
	var barred []string
	namer := &spaceNamer{places: newPlaces(procnet.At(f.env.Proc))}
	everything, err := netns.List(f.env.Proc, held)
	if err != nil {
		failures = append(failures, &sock.Partial{Code: sock.CodeUnavailable, Incomplete: true,
			Message: "network namespaces may be missing", Err: err})
	}
	for _, found := range everything {
		key := spaceKey{inode: found.Inode}
		if found.Inode == 0 {
			key.tables = found.Tables
		}
		if sp := known[key]; sp != nil {
			all = append(all, sp)
			continue
		}
		sp, err := f.open(found, key, namer)
		switch {
		case err == nil:
			all = append(all, sp)
		case errors.Is(err, os.ErrPermission):
			barred = append(barred, namer.name(found))
		default: // it ended meanwhile
			failures = append(failures, &sock.Partial{Code: sock.CodeUnavailable, Incomplete: true,
				Message: "the network namespace " + namer.name(found) + " cannot be read", Err: err})
		}
	}
	if len(barred) > 0 {
		failures = append(failures, &sock.Partial{Code: sock.CodePermission, Incomplete: true, Message: barredMessage(barred)})
	}
	return all, failures
}

// mostBarred is how many namespaces a warning names.
const mostBarred = 10

func barredMessage(names []string) string {
	what := "the network namespaces "
	if len(names) == 1 {
		what = "the network namespace "
	}
	list := strings.Join(names[:min(len(names), mostBarred)], ", ")
	if more := len(names) - mostBarred; more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return what + list + " cannot be entered without CAP_SYS_ADMIN"
}

// open opens a namespace: to be entered, else by the tables of a process in it. The
// error is fs.ErrPermission if neither may be.
func (f *spaceFinder) open(found netns.Found, key spaceKey, namer *spaceNamer) (*space, error) {
	env := &sock.Environment{Proc: f.env.Proc, ByteOrder: binary.NativeEndian}
	name := func() string { return namer.name(found) }
	sp := &space{key: key, chain: chain{sources: f.sources, env: env, inUse: procnet.InUse}}
	refused := os.ErrPermission
	if found.Opens() {
		handle, err := entered(func() (*netns.Handle, error) { return found.Open(env.Proc) })
		switch {
		case err == nil:
			env.Namespace = calledNamespace{handle, name}
			withInterfaces(env)
			return sp, nil
		case !errors.Is(err, os.ErrPermission):
			return nil, err
		}
		refused = err
	}
	if found.PID == 0 {
		return nil, refused
	}
	show(env, found.PID, shownNamespace{found.Inode, name, refused})
	sp.sources, sp.inUse = []sock.Source{procnet.Source{}}, nil
	return sp, nil
}

// entered opens a namespace, and finds out whether it may be entered.
func entered(open func() (*netns.Handle, error)) (*netns.Handle, error) {
	handle, err := open()
	if err != nil {
		return nil, err
	}
	if err := handle.Do(func() error { return nil }); err != nil {
		handle.Close()
		return nil, err
	}
	return handle, nil
}

// show makes an environment that of a namespace which is not entered: a process in it
// shows its tables.
func show(env *sock.Environment, pid int, n shownNamespace) {
	env.Tables = filepath.Join(env.Proc, strconv.Itoa(pid), "net")
	env.Interfaces = shownInterfaces(env.Tables)
	env.Namespace = n
}

// shownInterfaces are those of a namespace that is not entered: its tables tell the
// addresses, and not whose they are.
func shownInterfaces(tables string) *sock.Interfaces {
	return &sock.Interfaces{
		Load: func() (map[uint32]string, error) { return nil, nil },
		LoadAddresses: func() (all []sock.InterfaceAddress, _ map[uint32]string, err error) {
			addresses, err := procnet.LocalAddresses(tables)
			for _, a := range addresses {
				all = append(all, sock.InterfaceAddress{Address: a})
			}
			return all, nil, err
		},
	}
}

// calledNamespace is a namespace with the name that people know.
type calledNamespace struct {
	*netns.Handle
	name func() string
}

func (n calledNamespace) Name() string { return n.name() }

// shownNamespace is one that is not entered: its tables are those of a process.
type shownNamespace struct {
	inode   uint64 // 0: not known
	name    func() string
	refused error // by which it cannot be entered
}

func (n shownNamespace) Inode() uint64         { return n.inode }
func (n shownNamespace) Name() string          { return n.name() }
func (n shownNamespace) Do(func() error) error { return n.refused }
func (n shownNamespace) Close() error          { return nil }

// spaceNamer finds the names by which people know namespaces.
type spaceNamer struct {
	places *places
	known  map[netns.Found]string
}

// name returns "host", the name of `ip netns`, that of the container of the lowest
// process, else that process, such as "nginx[812]", else one that holds it by a
// descriptor; of a namespace without any the file that it is bound to, or its number.
func (n *spaceNamer) name(found netns.Found) string {
	if name, ok := n.known[found]; ok {
		return name
	}
	if n.known == nil {
		n.known = map[netns.Found]string{}
	}
	name := n.lookUp(found)
	n.known[found] = name
	return name
}

func (n *spaceNamer) lookUp(found netns.Found) string {
	switch {
	case found.Host:
		return "host"
	case found.Name != "":
		return found.Name
	case found.PID == 0 && found.Holder == 0:
		return cmp.Or(found.Path, fmt.Sprintf("net:[%d]", found.Inode)) // what it is bound to
	}
	pid := cmp.Or(found.PID, found.Holder)
	var facts sock.Process
	if n.places.ofProcess(pid, &facts); facts.Container != nil {
		return facts.Container.Called()
	}
	if process, err := n.places.proc.Name(pid); err == nil {
		return fmt.Sprintf("%s[%d]", process, pid)
	}
	return strconv.Itoa(pid)
}
