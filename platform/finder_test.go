package platform

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"sockeye/sock"
)

// namedFinder is a fakeFinder with a name, from which processes may hide.
type namedFinder struct {
	fakeFinder
	called string
	hidden int
	asked  int
}

func (f *namedFinder) name() string { return f.called }

func (f *namedFinder) confirm(context.Context) (int, error) {
	f.asked++
	return f.hidden, nil
}

func TestTheBetterWayIsTakenWhereItCanBeHad(t *testing.T) {
	refused := fmt.Errorf("%w: seccomp", sock.ErrUnavailable)
	broken := errors.New("out of memory")
	for _, c := range []struct {
		name             string
		opening, finding error
		used, reason     string
		fails            bool
	}{
		{name: "it works", used: "fast"},
		{name: "it cannot be had", opening: errors.New("no rights"), used: "slow", reason: "fast: no rights"},
		{name: "it fails at the search", finding: refused, used: "slow", reason: "fast: not available: seccomp"},
		{name: "an error that is not its own", finding: broken, used: "fast", fails: true},
	} {
		fast := &namedFinder{called: "fast", fakeFinder: fakeFinder{owners: map[uint64][]sock.Owner{1: held(7, "p")}, err: c.finding}}
		slow := &namedFinder{called: "slow", fakeFinder: fakeFinder{owners: map[uint64][]sock.Owner{1: held(7, "p")}}}
		opened := 0
		best := &bestFinder{better: "fast", other: slow, open: func() (ownerFinder, error) {
			opened++
			return fast, c.opening
		}}
		best.prepare()
		for range 2 {
			index, err := best.find(t.Context(), []uint64{1})
			if (err != nil) != c.fails || err == nil && len(index.Owners(1, nil)) != 1 {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		if best.name() != c.used || best.reason() != c.reason || opened != 1 {
			t.Errorf("%s: %s because of %q, opened %d times; want %s because of %q", c.name, best.name(), best.reason(), opened, c.used, c.reason)
		}
	}
}

// What a policy hides from a finder is not said to be in no process.
func TestThatNobodyHoldsASocketIsConfirmed(t *testing.T) {
	there := func(context.Context, *sock.Socket) (bool, error) { return true, nil }
	gone := func(context.Context, *sock.Socket) (bool, error) { return false, nil }
	for _, c := range []struct {
		name   string
		hidden int
		exists func(context.Context, *sock.Socket) (bool, error)
		status sock.OwnerStatus
		asked  int
	}{
		{"nothing is hidden", 0, there, sock.OwnerNoDescriptor, 1},
		{"a process is hidden", 1, there, sock.OwnerPermission, 1},
		{"the socket is gone", 1, gone, sock.OwnerClosed, 0},
	} {
		first := &namedFinder{hidden: c.hidden, fakeFinder: fakeFinder{owners: map[uint64][]sock.Owner{1: held(7, "p")}}}
		o := newStage(t, nil)
		o.finder = &bestFinder{open: func() (ownerFinder, error) { return first, nil }}
		o.exists = c.exists
		got := attached(t, o, row(tcp4, sock.Listen, 1), row(tcp4, sock.Listen, 2), row(tcp4, sock.Listen, 3))
		denied := 0
		if c.status == sock.OwnerPermission {
			denied = 2
		}
		if got[0].OwnerStatus != sock.OwnerKnown || got[1].OwnerStatus != c.status || got[2].OwnerStatus != c.status {
			t.Errorf("%s: %v, %v, %v; want known and %v", c.name, got[0].OwnerStatus, got[1].OwnerStatus, got[2].OwnerStatus, c.status)
		}
		if o.denied != denied || first.asked != c.asked {
			t.Errorf("%s: %d denied, asked %d times", c.name, o.denied, first.asked)
		}
	}
}
