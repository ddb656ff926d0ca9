package container

import (
	"cmp"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"sockeye/sock"
)

// Namer completes containers with what the files of their runtimes say: the name, the
// image, the pod. Those of root can mostly be read by root alone; a file that may not
// be read, or is not there, leaves the names unknown.
type Namer struct {
	// Root is below which the files are: "/" on a machine.
	Root string
	// Home returns the home of a user by his number, for rootless runtimes; empty if
	// there is none.
	Home func(uid string) string

	spent  time.Duration              // on the files
	late   <-chan sock.Container      // the end of a look-up that took too long; nil: none did
	cache  map[string]*sock.Container // by ID
	podman map[string]podmanStore     // by file
}

// patience is how long the files of all containers of a listing may take: a home may
// be on a file server that does not answer.
const patience = 300 * time.Millisecond

// Again gives the files of further containers the same time, unless one of them is still
// waited for.
func (n *Namer) Again() {
	select {
	case <-n.late:
		n.late = nil
	default:
	}
	if n.late == nil {
		n.spent = 0
	}
}

// Complete returns the container of a place with what its runtime says, nil for none.
// Each is looked up once. When the time is over the names stay unknown.
func (n *Namer) Complete(p Place) *sock.Container {
	c := p.Container
	if c == nil || c.ID == "" || c.Runtime == "lxc" || c.Runtime == "nspawn" || c.Runtime == "libvirt-lxc" {
		return c
	}
	if known, ok := n.cache[c.ID]; ok {
		return known
	}
	if n.cache == nil {
		n.cache, n.podman = map[string]*sock.Container{}, map[string]podmanStore{}
	}
	named := n.timed(*c, p.User)
	n.cache[c.ID] = named
	return named
}

// timed looks a container up unless that takes too long: then nothing more is asked
// in this listing, and the look-up is left to end by itself.
func (n *Namer) timed(c sock.Container, user string) *sock.Container {
	if n.late != nil {
		return &c
	}
	found := make(chan sock.Container, 1)
	go func() {
		named := c
		n.lookUp(&named, user)
		found <- named
	}()
	began, timer := time.Now(), time.NewTimer(patience-n.spent)
	defer timer.Stop()
	select {
	case named := <-found:
		n.spent += time.Since(began)
		return &named
	case <-timer.C:
		n.late = found
		return &c
	}
}

// lookUp asks the runtime that the control group names; of an ID alone, each.
func (n *Namer) lookUp(c *sock.Container, user string) {
	home := ""
	if user != "" && n.Home != nil {
		home = n.Home(user)
	}
	for _, ask := range []struct {
		runtime string
		files   func(c *sock.Container, home string) bool
	}{
		{"docker", n.docker}, {"podman", n.podmanFiles}, {"cri-o", n.crio}, {"containerd", n.containerd},
	} {
		if (c.Runtime == "" || c.Runtime == ask.runtime) && safeName(c.ID) && ask.files(c, home) {
			c.Runtime = cmp.Or(c.Runtime, ask.runtime)
			return
		}
	}
}

// safeName reports whether a name can be a part of a path: an ID of containerd's may
// be anything.
func safeName(s string) bool {
	return s != "" && s != "." && s != ".." && filepath.Base(s) == s
}

// path is a file of the machine.
func (n *Namer) path(parts ...string) string {
	return filepath.Join(append([]string{n.Root}, parts...)...)
}

// maxFile bounds what is read of a file: a description of a container has about 10 kB.
const maxFile = 4 << 20

// read returns a regular file that is not too long, or nil.
func read(path string) []byte {
	st, err := os.Stat(path) // a pipe would be waited for
	if err != nil || !st.Mode().IsRegular() {
		return nil
	}
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // it may be another one by now
	if err != nil {
		return nil
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil || len(data) > maxFile {
		return nil // it is unknown then
	}
	return data
}
