package platform

import (
	"context"
	"slices"

	"sockeye/sock"
)

// headStart is a search for the owners of the rows at hand that runs while the
// last of the tables is read.
type headStart struct {
	want  []uint64 // sorted
	done  chan struct{}
	stop  context.CancelFunc
	index ownerIndex
	err   error
}

// idle is called before a reading that takes the kernel long and yields little.
// If few rows wait for their owners, these are searched meanwhile.
func (o *ownerStage) idle(ctx context.Context) {
	if o.searches > 0 || o.started != nil || len(o.held) == 0 {
		return
	}
	want := o.wanted(o.held)
	if len(want) == 0 {
		return
	}
	slices.Sort(want)
	ctx, stop := context.WithCancel(ctx)
	h := &headStart{want: want, done: make(chan struct{}), stop: stop}
	o.started = h
	go func() {
		defer close(h.done)
		h.index, h.err = o.finder.find(ctx, want)
	}()
}

// catchUp waits for the search that was started, and returns the inodes that it
// was not asked for.
func (o *ownerStage) catchUp(ctx context.Context, want []uint64) []uint64 {
	h := o.started
	if h == nil {
		return want
	}
	o.started = nil
	<-h.done
	h.stop()
	o.searches++
	o.add(ctx, h.index, h.err)
	if want == nil {
		return nil // every socket is searched
	}
	return slices.DeleteFunc(want, func(inode uint64) bool {
		_, asked := slices.BinarySearch(h.want, inode)
		return asked
	})
}

// abandon ends a search that nobody waits for any more.
func (o *ownerStage) abandon() {
	if o.started != nil {
		o.started.stop()
		<-o.started.done
		o.started = nil
	}
}

// wanted returns the inodes whose holders are not known yet.
func (o *ownerStage) wanted(held []*sock.Socket) []uint64 {
	want := make([]uint64, 0, len(held))
	for _, s := range held {
		switch resolved := o.resolve(s); {
		case !resolved:
			want = append(want, s.Inode)
		case s.OwnerStatus == sock.OwnerAcceptQueue && s.Listener == nil && o.searches == 0:
			want = append(want, o.queues.of(s)...)
		}
	}
	return want
}
