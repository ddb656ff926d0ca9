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
		time.Microsecond: shortestPoll, 3 * time.Millisecond: 300 * time.Millisecond, time.Minute: longestPoll,
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
