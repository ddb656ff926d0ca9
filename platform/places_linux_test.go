package platform

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
	"sockeye/sock"
	"sockeye/sock/filter"
)

// testContainer is the ID of a container that is a control group and nothing else.
func testContainer() string { return strings.Repeat("0", 56) + fmt.Sprintf("%08x", unix.Getpid()) }

// enterContainer moves this process to a control group as docker makes it with
// systemd, until the test ends, and returns the way back. The error is of a machine
// without control groups that can be written.
func enterContainer(t *testing.T) (back func(), err error) {
	t.Helper()
	mount, err := mountedCgroups(atProc)
	dir := filepath.Join(mount, "docker-"+testContainer()+".scope")
	if err == nil {
		err = os.Mkdir(dir, 0o755)
	}
	if err != nil {
		return nil, err
	}
	enterGroup(t, dir)
	back = func() { enterGroup(t, mount) }
	t.Cleanup(func() { back(); _ = os.Remove(dir) })
	return back, nil
}

// TestPlaces: a socket is where its owner is; where no owner is found it is where it
// was made, and that is said. A filter finds it by its unit and its container.
func TestPlaces(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	back, err := enterContainer(t)
	if err != nil {
		population.Skip(t, "needs a control group of version 2 that can be written: "+err.Error())
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	id := testContainer()
	place := func(owners, text string) *sock.Socket {
		t.Helper()
		h, err := Open(Options{Owners: owners})
		if err != nil {
			t.Fatal(err)
		}
		defer h.Close()
		f, err := filter.Parse([]string{text}, filter.Env{})
		if err != nil {
			t.Fatal(err)
		}
		q := inetQuery(sock.TCP)
		q.Want = sock.FieldPlace
		for s, err := range h.List(t.Context(), Request{Query: q, Filter: f}).Sockets {
			if err != nil {
				t.Fatal(err)
			}
			return s.Clone()
		}
		return nil
	}
	for _, text := range []string{"container = " + id, "container = " + id[:12], "unit = docker-" + id + ".scope", "container.runtime = docker", "placed_by = owner"} {
		s := place("auto", text)
		if s == nil {
			t.Errorf("%s: nothing found", text)
			continue
		}
		if !s.Knows(sock.FieldPlace) || s.Unit != "docker-"+id+".scope" || s.Container.ID != id || s.PlacedBy != sock.PlacedByOwner {
			t.Errorf("%s: %q, %+v, %d", text, s.Unit, s.Container, s.PlacedBy)
		}
	}
	back() // the socket keeps the group that it was made in
	if s := place("auto", "container = "+id); s != nil {
		t.Errorf("the owner has left, and yet it is in %+v", s.Container)
	}
	if s := place("none", "container = "+id); s == nil || s.PlacedBy != sock.PlacedBySocket {
		t.Errorf("without owners: %+v", s)
	}
	for _, text := range []string{"container = " + id[:11], "container = web", "unit = docker"} {
		if s := place("none", text); s != nil {
			t.Errorf("%s finds %+v", text, s)
		}
	}
}
