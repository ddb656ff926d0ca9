package tracer

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/fault"
	"sockeye/internal/test/population"
	"sockeye/sock"
)

func TestMain(m *testing.M) {
	population.RunHelper()
	fault.RunHelper()
	if name := os.Getenv(roleEnv); name != "" {
		playRole(name)
		return
	}
	os.Exit(m.Run())
}

// alone is [population.Alone] where the kernel tells events.
func alone(t *testing.T, programs ...string) bool {
	t.Helper()
	if !population.Inside() {
		// Said here, where the reason is the test's own.
		tracer, err := Open(t.Context(), Options{Proc: "/proc"})
		var unavailable *UnavailableError
		switch {
		case errors.As(err, &unavailable) && unavailable.Reason == tooOld:
			t.Skip(unavailable.Reason) // which TestOldKernel expects of old ones alone
		case errors.As(err, &unavailable):
			population.Skip(t, err)
		case err != nil:
			t.Fatal(err)
		default:
			if err := tracer.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	return population.Alone(t, programs...)
}

// ownSpace returns the inode of this process's network namespace.
func ownSpace(t *testing.T) uint64 {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Stat("/proc/self/ns/net", &st); err != nil {
		t.Fatal(err)
	}
	return st.Ino
}

// watcher keeps the events of a trace.
type watcher struct {
	t      *testing.T
	tracer *Tracer
	cancel context.CancelFunc
	ended  chan struct{}

	mu     sync.Mutex
	events []told
	more   chan struct{} // has a value after events were added
	err    error
}

// patience bounds how long a test waits for what must come.
const patience = 2 * time.Minute

// watch begins a trace of this namespace. The options that the reader looks at may be
// others than those of the kernel.
func watch(t *testing.T, o Options, reader ...Options) *watcher {
	t.Helper()
	if o.Namespaces == nil {
		o.Namespaces = []uint64{ownSpace(t)}
	}
	o.Proc = "/proc"
	ctx, cancel := context.WithCancel(context.Background())
	tracer, err := Open(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	w := &watcher{t: t, tracer: tracer, cancel: cancel, ended: make(chan struct{}), more: make(chan struct{}, 1)}
	for _, other := range reader {
		tracer.options = other
	}
	for _, m := range tracer.Missing() {
		t.Logf("this kernel does not tell %s: %v", m.What, m.Err)
	}
	go w.read()
	t.Cleanup(func() {
		w.end()
		if err := tracer.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *watcher) read() {
	defer close(w.ended)
	for e, err := range w.tracer.Events() {
		w.mu.Lock()
		switch {
		case err != nil:
			w.err = err
		case e != nil:
			w.events = append(w.events, toldOf(e))
		}
		w.mu.Unlock()
		if e == nil {
			select {
			case w.more <- struct{}{}:
			default:
			}
		}
	}
}

// told is what tests look at of an event: small, since they keep 200,000.
type told struct {
	Kind           Kind
	Time           time.Time
	Known          sock.Field
	Family         sock.Family
	Local, Remote  netip.AddrPort
	Netns, Cookie  uint64
	PID            int
	Name           string
	Status         sock.OwnerStatus
	Origin         Origin
	Old, New       sock.State
	Duration, Age  time.Duration
	Timed          bool
	AtLeast        [2]bool // of Duration, Age
	Failure        Failure
	Sent, Received uint64
	Reason         string
	Segments       uint32
	Bytes          uint32
	Flags          uint8
}

func toldOf(e *Event) told {
	s := &e.Socket
	k := told{
		e.Kind, e.Time, s.Known, s.Family, s.Local, s.Remote, s.Netns.Inode, s.Cookie, 0, "", s.OwnerStatus,
		e.Origin, e.OldState, e.NewState, e.Duration, e.Age, e.Timed, [2]bool{e.DurationAtLeast, e.AgeAtLeast},
		e.Failure, e.Sent, e.Received, e.Reason, e.Segments, e.Bytes, e.Flags,
	}
	if len(s.Owners) > 0 {
		k.PID, k.Name = s.Owners[0].PID, s.Owners[0].Name
	}
	return k
}

// until waits until what was told so far is enough.
func (w *watcher) until(what string, enough func(events []told) bool) {
	w.t.Helper()
	late := time.After(patience)
	for {
		w.mu.Lock()
		done, n := enough(w.events), len(w.events)
		w.mu.Unlock()
		if done {
			return
		}
		select {
		case <-w.more:
		case <-w.ended:
			w.t.Fatalf("%s: the trace ended after %d events: %v", what, n, w.err)
		case <-late:
			w.t.Fatalf("%s: not told among %d events, %d lost", what, n, w.tracer.Lost())
		}
	}
}

// end ends the trace and returns everything that was told.
func (w *watcher) end() []told {
	w.t.Helper()
	w.cancel()
	<-w.ended
	if w.err != nil {
		w.t.Error(w.err)
	}
	return w.events
}

// count returns how many events are so.
func count(events []told, is func(e *told) bool) (n int) {
	for i := range events {
		if is(&events[i]) {
			n++
		}
	}
	return n
}
