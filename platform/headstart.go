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
	query := o.wanted(o.held)
	if len(query.want) == 0 {
		return
	}
	slices.Sort(query.want)
	ctx, stop := context.WithCancel(ctx)
	h := &headStart{want: query.want, done: make(chan struct{}), stop: stop}
	o.started = h
	go func() {
		defer close(h.done)
		h.index, h.err = o.finder.find(ctx, query)
	}()
}

// catchUp waits for the search that was started, and returns what it was not
// asked for.
func (o *ownerStage) catchUp(ctx context.Context, q ownerQuery) ownerQuery {
	h := o.started
	if h == nil {
		return q
	}
	o.started = nil
	<-h.done
	h.stop()
	o.searches++
	o.add(ctx, h.index, h.err)
	if q.want != nil { // nil is every socket
		q.want = slices.DeleteFunc(q.want, func(inode uint64) bool {
			_, asked := slices.BinarySearch(h.want, inode)
			return asked
		})
	}
	return q
}

// abandon ends a search that nobody waits for any more.
func (o *ownerStage) abandon() {
	if o.started != nil {
		o.started.stop()
		<-o.started.done
		o.started = nil
	}
}

// wanted returns the search for the holders that are not known yet.
func (o *ownerStage) wanted(held []*sock.Socket) ownerQuery {
	want := make([]uint64, 0, len(held))
	var of []*sock.Socket
	for _, s := range held {
		switch resolved := o.resolve(s); {
		case !resolved:
			want, of = append(want, s.Inode), append(of, s)
		case s.OwnerStatus == sock.OwnerAcceptQueue && s.Listener == nil && o.searches == 0:
			// A connection has the control group of its listener.
			want, of = append(want, o.queues.of(s)...), append(of, s)
		}
	}
	return ownerQuery{want: want, cgroups: cgroupsOf(of)}
}
