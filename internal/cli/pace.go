package cli

import (
	"context"
	"time"
)

// pace is the beat of a view: its passes begin at whole numbers of the interval
// after the first, however long each takes. A beat that a pass has taken longer than
// is left out.
type pace struct {
	interval time.Duration
	now      func() time.Time
	after    func(time.Duration) <-chan time.Time

	start   time.Time
	beat    time.Duration // the number of the last beat
	skipped int
}

// begin begins the first pass.
func (p *pace) begin() { p.start = p.now() }

// wait waits for the next beat and reports whether it came: not if the context ends
// before.
func (p *pace) wait(ctx context.Context) bool {
	passed := p.now().Sub(p.start)
	next := max(p.beat, passed/p.interval) + 1
	p.skipped += int(next - p.beat - 1)
	p.beat = next
	select {
	case <-ctx.Done():
		return false
	case <-p.after(next*p.interval - passed):
		return ctx.Err() == nil
	}
}
