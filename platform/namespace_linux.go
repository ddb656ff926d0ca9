package platform

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"sockeye/platform/netns"
	"sockeye/procnet"
	"sockeye/sock"
)

// OpenNamespace returns the environment of a network namespace by what people call it:
// a path, else a name of `ip netns`, a PID, the name or ID of a container, in this
// order; name:, pid: and container: before it say which. The error is of one that is
// not there, or may not be opened.
func OpenNamespace(word string) (*sock.Environment, error) {
	kind, name, forced := strings.Cut(word, ":")
	if !forced || kind != "name" && kind != "pid" && kind != "container" {
		kind, name = "", word
	}
	if name == "" {
		return nil, errors.New("a name is missing")
	}
	if kind == "" && strings.Contains(name, "/") {
		return OpenEnvironment(name)
	}
	for _, way := range []struct {
		kind string
		find func(name string) (namedPlace, error)
	}{{"name", namedSpace}, {"pid", spaceOfProcess}, {"container", spaceOfContainer}} {
		if kind != "" && kind != way.kind {
			continue
		}
		place, err := way.find(name)
		if errors.Is(err, fs.ErrNotExist) && kind == "" {
			continue
		}
		if err != nil {
			return nil, err
		}
		return place.open()
	}
	return nil, errors.New("there is no such path, name of ip netns, process or container")
}

// namedPlace is a namespace that somebody named.
type namedPlace struct {
	path   string // its file
	called string
	pid    int // a process in it, 0 if none is known
}

// open opens the namespace: to be entered, else by the tables of the process in it, which
// everybody may read.
func (p namedPlace) open() (*sock.Environment, error) {
	handle, err := entered(func() (*netns.Handle, error) { return openSpace(p.path) })
	env := &sock.Environment{Proc: proc, ByteOrder: binary.NativeEndian}
	switch {
	case err == nil:
		name := func() string { return cmp.Or(handle.Name(), p.called) }
		env.Namespace = calledNamespace{handle, name}
		return withInterfaces(env), nil
	case p.pid != 0 && errors.Is(err, fs.ErrPermission):
		show(env, p.pid, shownNamespace{name: func() string { return p.called }, refused: err})
		return env, nil
	}
	return nil, err
}

// namedSpace is one of those that `ip netns` made. A name is one part of a path.
func namedSpace(name string) (namedPlace, error) {
	path := filepath.Join(netns.Names, name)
	if strings.Contains(name, "/") || name == "." || name == ".." {
		return namedPlace{}, fmt.Errorf("no name of ip netns: %w", fs.ErrNotExist)
	}
	if _, err := os.Stat(path); err != nil {
		return namedPlace{}, fmt.Errorf("no name of ip netns: %w", err)
	}
	return namedPlace{path: path, called: name}, nil
}

// spaceOfProcess is the one that a process is in.
func spaceOfProcess(word string) (namedPlace, error) {
	pid, err := strconv.Atoi(word)
	if err != nil || pid < 1 {
		return namedPlace{}, fmt.Errorf("no process: %w", fs.ErrNotExist)
	}
	if _, err := os.Stat(filepath.Join(proc, strconv.Itoa(pid))); err != nil {
		return namedPlace{}, fmt.Errorf("no process: %w", err)
	}
	name, err := procnet.At(proc).Name(pid)
	if err != nil {
		return namedPlace{}, err
	}
	return placeOf(pid, fmt.Sprintf("%s[%d]", name, pid)), nil
}

// placeOf is the namespace that a process is in.
func placeOf(pid int, called string) namedPlace {
	return namedPlace{path: filepath.Join(proc, strconv.Itoa(pid), "ns", "net"), called: called, pid: pid}
}

// shortestID is how many digits of the ID of a container name it.
const shortestID = 12

// spaceOfContainer is the one of the lowest process in a container.
func spaceOfContainer(name string) (namedPlace, error) {
	files := procnet.At(proc)
	all, complete, err := files.Processes()
	if err != nil {
		return namedPlace{}, err
	}
	places := newPlaces(files)
	lowest, called := 0, ""
	for _, p := range all {
		var facts sock.Process
		places.ofProcess(p.PID, &facts)
		c := facts.Container
		if c == nil || c.Name != name && c.ID != name && (len(name) < shortestID || !strings.HasPrefix(c.ID, name)) {
			continue
		}
		if lowest == 0 || p.PID < lowest {
			lowest, called = p.PID, c.Called()
		}
	}
	switch {
	case lowest != 0:
	case !complete:
		return namedPlace{}, fmt.Errorf("no container is seen, and some processes are hidden: %w", fs.ErrPermission)
	default:
		return namedPlace{}, fmt.Errorf("no container: %w", fs.ErrNotExist)
	}
	return placeOf(lowest, called), nil
}
