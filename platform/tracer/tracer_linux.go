package tracer

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"os"
	"time"

	"github.com/cilium/ebpf/ringbuf"
	"golang.org/x/sys/unix"

	"sockeye/platform/bpfiter"
)

// Tracer tells of events. It is used by one goroutine.
type Tracer struct {
	options  Options
	programs *programs
	reader   *ringbuf.Reader
	decoder  decoder
	shift    int64 // of the kernel's clock against that of this time namespace
	bad      uint64
	done     <-chan struct{}
	stop     func() bool
}

// pause is how long the reader waits when it has read all there was. Meanwhile the
// kernel awakes nobody, so that the cost of an event is that of writing it.
const pause = 20 * time.Millisecond

// May returns an [*UnavailableError] if [Open] cannot succeed, as far as that is known
// without trying. proc is where the proc file system is mounted.
func May(proc string) error { return bpfiter.MayTrace(proc) }

// Open begins to tell of events, until the context ends. What keeps it from that is an
// [*UnavailableError].
func Open(ctx context.Context, o Options) (*Tracer, error) {
	p, err := load(&o)
	if err != nil {
		return nil, err
	}
	t := &Tracer{options: o, programs: p, done: ctx.Done(), decoder: decoder{order: binary.NativeEndian}}
	if err := t.begin(); err != nil {
		t.programs.close()
		return nil, err
	}
	p.spec, p.cache = nil, nil // the kernel's types, 4 MiB, are for loading alone
	t.stop = context.AfterFunc(ctx, func() {
		p.detach()
		_ = t.reader.Flush() // fails only once it is closed
	})
	return t, nil
}

// begin attaches the programs and finds the sockets that are there already.
func (t *Tracer) begin() (err error) {
	if t.shift, err = t.programs.findReader(); err != nil {
		return err
	}
	if t.reader, err = ringbuf.NewReader(t.programs.events()); err != nil {
		return fmt.Errorf("read events: %w", err)
	}
	t.decoder.drops, t.decoder.resets = t.programs.reasons()
	if err = t.programs.attach(&t.options); err == nil {
		err = t.programs.seed()
	}
	if err != nil {
		_ = t.reader.Close()
	}
	return err
}

// Missing returns what this kernel cannot do of what was asked for.
func (t *Tracer) Missing() []Missing { return t.programs.missing }

// Events streams the events over one reused record, in the order of the kernel's
// buffer, until the context ends; then it yields what has been told already. It yields
// nil whenever there is none at hand, so that the consumer can show what it has. An
// error ends it.
func (t *Tracer) Events() iter.Seq2[*Event, error] {
	return func(yield func(*Event, error) bool) {
		var record ringbuf.Record
		var e Event
		for atHand := false; ; {
			err := t.reader.ReadInto(&record)
			switch {
			case errors.Is(err, ringbuf.ErrFlushed), errors.Is(err, os.ErrClosed):
				return
			case err != nil:
				yield(nil, fmt.Errorf("read events: %w", err))
				return
			}
			if !atHand {
				t.setEpoch()
				atHand = true
			}
			if !t.decoder.decode(record.RawSample, &e) {
				t.bad++
			} else if t.options.matches(&e) && !yield(&e, nil) {
				return
			}
			if record.Remaining > 0 {
				continue
			}
			if !yield(nil, nil) {
				return
			}
			atHand = false
			t.wait()
		}
	}
}

// wait lets events gather.
func (t *Tracer) wait() {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-t.done:
	case <-timer.C:
	}
}

// setEpoch finds out which time the kernel's clock began at. The clock of the day is
// set now and then, so it is asked again for each batch; what was found before stays
// unless it cannot be right any more, so that times do not go back.
func (t *Tracer) setEpoch() {
	first, last := t.epochs()
	if epoch := t.decoder.epoch; epoch >= first && epoch <= last {
		return
	}
	for range 5 { // the one that nothing interrupted
		if f, l := t.epochs(); l-f < last-first {
			first, last = f, l
		}
	}
	t.decoder.epoch = first + (last-first)/2
}

// epochs returns between which times the kernel's clock began, in nanoseconds.
func (t *Tracer) epochs() (first, last int64) {
	before := bootTime()
	now := time.Now().UnixNano()
	return now - bootTime() - t.shift, now - before - t.shift
}

// bootTime returns CLOCK_BOOTTIME in nanoseconds.
func bootTime() int64 {
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &now) != nil {
		return 0 // every kernel since 2.6.39 has it
	}
	return now.Nano()
}

// Lost returns how many events did not fit into the buffer, were not understood, or
// were not seen for certain, since the kernel runs no program within itself.
func (t *Tracer) Lost() uint64 { return t.programs.lost() + t.bad }

// Close detaches the programs and frees what they hold.
func (t *Tracer) Close() error {
	t.stop()
	t.programs.detach()
	err := t.reader.Close()
	t.programs.close()
	return err
}
