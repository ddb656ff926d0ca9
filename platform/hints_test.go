package platform

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye/sock"
)

// grouped is a socket that was opened in a control group.
func grouped(port uint16, group uint64) sock.Socket {
	s := row(tcp4, sock.Listen, port)
	s.CgroupID, s.Known = group, s.Known|sock.FieldCgroup
	return s
}

func TestCgroupsOfSockets(t *testing.T) {
	unknown := row(tcp4, sock.Listen, 9)
	for name, c := range map[string]struct {
		sockets []sock.Socket
		want    []uint64
	}{
		"each once":       {[]sock.Socket{grouped(1, 70), grouped(2, 60), grouped(3, 70)}, []uint64{70, 60}},
		"four":            {[]sock.Socket{grouped(1, 1), grouped(2, 2), grouped(3, 3), grouped(4, 4), grouped(5, 4)}, []uint64{1, 2, 3, 4}},
		"five":            {[]sock.Socket{grouped(1, 1), grouped(2, 2), grouped(3, 3), grouped(4, 4), grouped(5, 5)}, nil},
		"one not known":   {[]sock.Socket{grouped(1, 1), unknown}, nil},
		"one without any": {[]sock.Socket{grouped(1, 1), grouped(2, 0)}, nil},
		"no sockets":      {nil, nil},
	} {
		var sockets []*sock.Socket
		for i := range c.sockets {
			sockets = append(sockets, &c.sockets[i])
		}
		if d := cmp.Diff(c.want, cgroupsOf(sockets)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// The groups are those of the sockets that are searched, and a search for every
// socket has none.
func TestASearchIsToldTheControlGroups(t *testing.T) {
	finder := &fakeFinder{owners: map[uint64][]sock.Owner{1: held(10, "one"), 2: held(20, "two")}}
	gone := grouped(3, 80)
	gone.State, gone.Inode = sock.TimeWait, 0
	attached(t, newStage(t, finder), grouped(1, 60), grouped(2, 70), gone)
	if d := cmp.Diff([][]uint64{{60, 70}}, finder.cgroups); d != "" {
		t.Error(d)
	}
	finder = &fakeFinder{}
	rows := make([]sock.Socket, ownerBlock+1)
	for i := range rows {
		rows[i] = grouped(uint16(i+1), 60)
		rows[i].Inode = uint64(i + 1)
	}
	attached(t, newStage(t, finder), rows...)
	if d := cmp.Diff([][]uint64{nil, {60}}, finder.cgroups); d != "" {
		t.Errorf("a long listing: %s", d)
	}
}
