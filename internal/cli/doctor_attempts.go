package cli

import (
	"context"
	"time"

	"sockeye/internal/doctor"
	"sockeye/platform"
	"sockeye/sock"
)

// leastTraced is the shortest time between the two listings in which a trace is begun. To
// load its programs takes the kernel a tenth of a second, which is no part of what a look
// takes beyond that time.
const leastTraced = 500 * time.Millisecond

// toldAttempts are the attempts to connect that a trace told, or why it did not.
type toldAttempts struct {
	attempts *doctor.Attempts
	err      error
}

// traceAttempts begins to gather the attempts to connect that fail from now on, beside the
// look, where programs in the kernel tell them. The function that it returns ends that; nil
// is returned by it where nothing was told, and the kernel's counters have to do.
func (x *examination) traceAttempts(b backend) (end func() *doctor.Attempts) {
	if !x.tracesAttempts(b) {
		return func() *doctor.Attempts { return nil }
	}
	req := x.req
	req.Query.Want = x.o.wants(sock.FieldOwners)
	ctx, cancel := context.WithCancel(x.ctx)
	begun, told := make(chan struct{}), make(chan toldAttempts, 1)
	go func() {
		t, err := b.host.Trace(ctx, platform.TraceRequest{Request: req, View: platform.ViewFailures})
		close(begun)
		if err != nil {
			told <- toldAttempts{nil, err}
			return
		}
		told <- gatherAttempts(ctx, t)
	}()
	return func() *doctor.Attempts {
		cancel()
		select {
		case <-begun:
		default: // the kernel takes longer than the time between the listings: it is not waited for
			return nil
		}
		all := <-told
		if all.err != nil && x.o.debug {
			x.say("debug: attempts to connect are counted, and not traced: %v", all.err)
		}
		return all.attempts
	}
}

// tracesAttempts reports whether a trace may tell the attempts that are meant: not in a time
// too short for it, and not if the filter asks what no event tells, or for a state.
func (x *examination) tracesAttempts(b backend) bool {
	_, states := x.req.Filter.States()
	return x.machine.Took >= leastTraced && !states && x.req.Query.Protocols.Has(sock.TCP) && b.host.TraceRefused() == "" &&
		lostToFilter(x.req.Filter.Needs(), b.host.TraceFields(sock.SourceBPF)) == 0
}

// gatherAttempts reads a trace until its context ends.
func gatherAttempts(ctx context.Context, t *platform.Trace) toldAttempts {
	all := &doctor.Attempts{}
	for s, err := range t.Events(ctx) {
		if err != nil {
			t.Close()
			return toldAttempts{nil, err}
		}
		if s != nil {
			all.Add(s)
		}
	}
	lost, err := endOf(t)
	if err != nil {
		return toldAttempts{nil, err}
	}
	all.Lost = lost
	return toldAttempts{all, nil}
}
