package cli

import (
	"context"
	"slices"
	"testing"
	"time"
)

// clock is a time that goes by when somebody waits for it, or works.
type clock struct{ now time.Time }

func newClock() *clock { return &clock{time.Date(2026, 11, 20, 14, 3, 10, 0, time.UTC)} }

func (c *clock) Now() time.Time { return c.now }

func (c *clock) After(d time.Duration) <-chan time.Time {
	c.now = c.now.Add(d)
	woken := make(chan time.Time, 1)
	woken <- c.now
	return woken
}

// TestPace: passes that take time do not move the beat, and one that takes too long
// loses a beat and no more.
func TestPace(t *testing.T) {
	c := newClock()
	start := c.now
	p := pace{interval: 100 * time.Millisecond, now: c.Now, after: c.After}
	p.begin()
	var began []time.Duration
	for _, takes := range []time.Duration{10, 99, 0, 100, 1, 250, 30, 1000} {
		began = append(began, c.now.Sub(start)/time.Millisecond)
		c.now = c.now.Add(takes * time.Millisecond)
		if !p.wait(t.Context()) {
			t.Fatal("it ended")
		}
	}
	if want := []time.Duration{0, 100, 200, 300, 500, 600, 900, 1000}; !slices.Equal(began, want) {
		t.Errorf("passes began at %d, want %d", began, want)
	}
	if p.skipped != 1+2+10 {
		t.Errorf("%d beats were left out", p.skipped)
	}
}

func TestPaceEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	never := func(time.Duration) <-chan time.Time { return nil }
	p := pace{interval: time.Second, now: time.Now, after: never}
	p.begin()
	cancel()
	if p.wait(ctx) {
		t.Error("a beat of what has ended")
	}
}
