package platform

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"sockeye/sock"
)

// namedFinder is a fakeFinder with a name, and perhaps with a second way.
type namedFinder struct {
	fakeFinder
	called string
	second *fakeFinder
}

func (f *namedFinder) name() string { return f.called }

func (f *namedFinder) confirm(ctx context.Context, want []uint64) (ownerIndex, error) {
	if f.second == nil {
		return nil, nil
	}
	return f.second.find(ctx, want)
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

// What a policy hides from one way of searching, another may see or be refused.
func TestThatNobodyHoldsASocketIsConfirmed(t *testing.T) {
	there := func(context.Context, *sock.Socket) (bool, error) { return true, nil }
	for _, c := range []struct {
		name   string
		second *fakeFinder
		status sock.OwnerStatus
		denied int
	}{
		{"there is no second way", nil, sock.OwnerKernel, 0},
		{"it saw as little", &fakeFinder{}, sock.OwnerKernel, 0},
		{"it was refused", &fakeFinder{blind: 1}, sock.OwnerPermission, 1},
		{"it found the holder", &fakeFinder{owners: map[uint64][]sock.Owner{2: held(9, "hidden")}}, sock.OwnerKnown, 0},
	} {
		first := &namedFinder{second: c.second, fakeFinder: fakeFinder{owners: map[uint64][]sock.Owner{1: held(7, "p")}}}
		o := newStage(t, nil)
		o.finder = &bestFinder{open: func() (ownerFinder, error) { return first, nil }}
		o.exists = there
		got := attached(t, o, row(tcp4, sock.Listen, 1), row(tcp4, sock.Listen, 2))
		if got[0].OwnerStatus != sock.OwnerKnown || got[1].OwnerStatus != c.status || o.denied != c.denied {
			t.Errorf("%s: %v and %v, %d denied; want %v", c.name, got[0].OwnerStatus, got[1].OwnerStatus, o.denied, c.status)
		}
		if c.second != nil && (len(c.second.searches) != 1 || len(c.second.searches[0]) != 1 || c.second.searches[0][0] != 2) {
			t.Errorf("%s: confirmed %v, want the second socket alone", c.name, c.second.searches)
		}
	}
}
