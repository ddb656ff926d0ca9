package platform

import (
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
		path func(name string) (path, called string, err error)
	}{{"name", namedSpace}, {"pid", spaceOfProcess}, {"container", spaceOfContainer}} {
		if kind != "" && kind != way.kind {
			continue
		}
		path, called, err := way.path(name)
		if errors.Is(err, fs.ErrNotExist) && kind == "" {
			continue
		}
		if err != nil {
			return nil, err
		}
		return openCalled(path, called)
	}
	return nil, errors.New("there is no such path, name of ip netns, process or container")
}

// openCalled opens a namespace and gives it a name.
func openCalled(path, called string) (*sock.Environment, error) {
	env, err := OpenEnvironment(path)
	if err != nil {
		return nil, err
	}
	if handle, ok := env.Namespace.(*netns.Handle); ok {
		name := func() string {
			if name := handle.Name(); name != "" {
				return name
			}
			return called
		}
		env.Namespace = calledNamespace{handle, name}
	}
	return env, nil
}

// namedSpace is one of those that `ip netns` made. A name is one part of a path.
func namedSpace(name string) (path, called string, err error) {
	path = filepath.Join(netns.Names, name)
	if strings.Contains(name, "/") || name == "." || name == ".." {
		return "", "", fmt.Errorf("no name of ip netns: %w", fs.ErrNotExist)
	}
	if _, err = os.Stat(path); err != nil {
		return "", "", fmt.Errorf("no name of ip netns: %w", err)
	}
	return path, name, nil
}

// spaceOfProcess is the one that a process is in.
func spaceOfProcess(word string) (path, called string, err error) {
	pid, err := strconv.Atoi(word)
	if err != nil || pid < 1 {
		return "", "", fmt.Errorf("no process: %w", fs.ErrNotExist)
	}
	dir := filepath.Join(proc, strconv.Itoa(pid))
	if _, err := os.Stat(dir); err != nil {
		return "", "", fmt.Errorf("no process: %w", err)
	}
	name, err := procnet.At(proc).Name(pid)
	if err != nil {
		return "", "", err
	}
	return filepath.Join(dir, "ns", "net"), fmt.Sprintf("%s[%d]", name, pid), nil
}

// shortestID is how many digits of the ID of a container name it.
const shortestID = 12

// spaceOfContainer is the one of the lowest process in a container.
func spaceOfContainer(name string) (path, called string, err error) {
	files := procnet.At(proc)
	all, _, err := files.Processes()
	if err != nil {
		return "", "", err
	}
	places := newPlaces(files)
	lowest := 0
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
	if lowest == 0 {
		return "", "", fmt.Errorf("no container: %w", fs.ErrNotExist)
	}
	return filepath.Join(proc, strconv.Itoa(lowest), "ns", "net"), called, nil
}
