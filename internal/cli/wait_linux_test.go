package cli

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// waited runs wait with a clock on which each look takes a time, and calls between
// with the number of the pause and its length.
func waited(t *testing.T, look time.Duration, between func(n int, pause time.Duration), args ...string) (status int, out, errs string) {
	t.Helper()
	var stdout, stderr strings.Builder
	now, pauses := time.Now(), 0
	status = Main(t.Context(), append([]string{"wait"}, args...), IO{
		In: strings.NewReader(""), Out: &stdout, Err: &stderr, Getenv: os.Getenv,
		Now: func() time.Time { now = now.Add(look); return now },
		After: func(d time.Duration) <-chan time.Time {
			pauses++
			between(pauses, d)
			now = now.Add(d)
			c := make(chan time.Time, 1)
			c <- now
			return c
		},
	})
	return status, stdout.String(), stderr.String()
}

func TestWait(t *testing.T) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().String()
	port := strings.TrimPrefix(addr, "127.0.0.1:")
	condition := []string{"-tl", "src", "127.0.0.1", "and", "sport", port, "--no-processes"}

	// Until it is gone: at the third look.
	status, out, errs := waited(t, 0, func(n int, pause time.Duration) {
		if pause != shortestPoll {
			t.Errorf("pause %v of a look that took no time", pause)
		}
		if n == 2 {
			listener.Close()
		}
		if n > 2 {
			t.Fatal("it is gone and still waited for")
		}
	}, append(condition, "--gone")...)
	if status != exitMatched || out != "" || errs != "" {
		t.Errorf("gone: status %d, %q, %q", status, out, errs)
	}
	// Until it is there again, and shown.
	status, out, errs = waited(t, 0, func(n int, _ time.Duration) {
		if n == 2 {
			if listener, err = net.Listen("tcp4", addr); err != nil {
				t.Fatal(err)
			}
		}
		if n > 2 {
			t.Fatal("it is there and still waited for")
		}
	}, append(condition, "-H", "-C", "local,state")...)
	if status != exitMatched || strings.Fields(out)[0] != addr || errs != "" {
		t.Errorf("there: status %d, %q, %q", status, out, errs)
	}
	defer listener.Close()
	// It is there already: not one pause.
	status, out, errs = waited(t, 0, func(int, time.Duration) { t.Fatal("it waits for what is there") }, condition...)
	if status != exitMatched || out != "" || errs != "" {
		t.Errorf("there already: status %d, %q, %q", status, out, errs)
	}
}

// TestWaitCosts: the pause follows what a look takes, so that it stays a hundredth.
func TestWaitCosts(t *testing.T) {
	for look, want := range map[time.Duration]time.Duration{
		time.Microsecond: shortestPoll, 3 * time.Millisecond: 3 * pollShare * time.Millisecond, time.Minute: longestPoll,
	} {
		status, _, errs := waited(t, look, func(n int, pause time.Duration) {
			if n == 1 && pause != want {
				t.Errorf("a look takes %v, the pause is %v, want %v", look, pause, want)
			}
		}, "-tl", "sport", "1", "dport", "1", "--no-processes", "--timeout", "100")
		if status != exitNothing || errs != "sockeye: nothing matched within 1m40s\n" {
			t.Errorf("status %d, %q", status, errs)
		}
	}
	status, _, _ := waited(t, 0, func(int, time.Duration) { t.Error("it waits") }, "-tl", "sport", "1", "dport", "1", "--timeout", "0", "-q")
	if status != exitNothing {
		t.Errorf("without waiting: status %d", status)
	}
}

// TestWaitCounts: where the time of processors is known it is what counts, with what
// waking up takes and without what others take from this process.
func TestWaitCounts(t *testing.T) {
	now, spent := time.Now(), time.Hour
	costs := []time.Duration{0, time.Millisecond, 300 * time.Microsecond, 50 * time.Millisecond, time.Minute}
	looks := 0
	status := Main(t.Context(), []string{"wait", "-tl", "sport", "1", "dport", "1", "--timeout", "1000"}, IO{
		In: strings.NewReader(""), Out: &strings.Builder{}, Err: &strings.Builder{}, Getenv: os.Getenv,
		Now: func() time.Time { now = now.Add(time.Millisecond); return now }, // another process had its turn
		Spent: func() time.Duration {
			if looks > 0 && looks <= len(costs) {
				spent += costs[looks-1]
			}
			looks++
			return spent
		},
		After: func(d time.Duration) <-chan time.Time {
			if looks-2 < len(costs) {
				if want := min(max(pollShare*costs[looks-2], shortestPoll), longestPoll); d != want {
					t.Errorf("a look that costs %v: the pause is %v, want %v", costs[looks-2], d, want)
				}
			}
			now = now.Add(d)
			due := make(chan time.Time, 1)
			due <- now
			return due
		},
	})
	if status != exitNothing || looks < len(costs)+2 {
		t.Errorf("status %d, %d looks", status, looks)
	}
}

// TestWaitShare: what looking at this machine takes, as the kernel counts it, is less
// than a hundredth of the time that is waited.
func TestWaitShare(t *testing.T) {
	streams, restore := systemIO()
	defer restore()
	now := time.Now()
	var first, last, waited time.Duration
	for _, condition := range [][]string{{"-ta", "sport", "1"}, {"-l", "process", "nosuch"}} {
		pauses := 0
		status := Main(t.Context(), append([]string{"wait", "--timeout", "100000", "-q"}, condition...), IO{
			In: strings.NewReader(""), Out: &strings.Builder{}, Err: &strings.Builder{}, Getenv: os.Getenv,
			Now: func() time.Time { return now }, Spent: streams.Spent,
			After: func(d time.Duration) <-chan time.Time {
				if last = streams.Spent(); pauses == 0 {
					first, waited = last, -d // which is of the look before
				}
				waited += d
				now = now.Add(d)
				if pauses++; pauses == 50 {
					now = now.Add(1e6 * time.Second) // enough
				}
				due := make(chan time.Time, 1)
				due <- now
				return due
			},
		})
		if share := float64(last-first) / float64(waited+last-first); status != exitNothing && status != exitFailed || pauses != 50 || share > 0.01 {
			t.Errorf("%v: status %d, %d pauses, %.4f of a processor", condition, status, pauses, share)
		}
	}
}

// TestSpent: the time of processors goes on while one is used.
func TestSpent(t *testing.T) {
	before := systemSpent(t)
	for systemSpent(t) == before { // until the kernel has counted
	}
}

func systemSpent(t *testing.T) time.Duration {
	streams, restore := systemIO()
	defer restore()
	if streams.Spent == nil || streams.Spent() <= 0 {
		t.Fatal("it is not known what this process has taken")
	}
	return streams.Spent()
}

// TestWaitEnds: an interrupt ends it, as it ends a listing.
func TestWaitEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var errs strings.Builder
	status := Main(ctx, []string{"wait", "-tl", "sport", "1", "dport", "1"}, IO{
		In: strings.NewReader(""), Out: &strings.Builder{}, Err: &errs, Getenv: os.Getenv, Now: time.Now,
		After: func(time.Duration) <-chan time.Time { cancel(); return nil },
	})
	if status != exitInterrupted || errs.Len() > 0 {
		t.Error(fmt.Sprint("status ", status, ": ", errs.String()))
	}
}
