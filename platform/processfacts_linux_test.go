package platform

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/shirou/gopsutil/v3/process"
	"golang.org/x/sys/unix"

	"sockeye/sock"
)

var atProc = &sock.Environment{Proc: proc}

// TestProcessFacts compares what is told of a process with what gopsutil tells.
func TestProcessFacts(t *testing.T) {
	cmd := exec.Command("cat", "", "-", "a b")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		in.Close()
		_ = cmd.Wait() // "a b" is no file
	}()
	ctx := t.Context()
	for _, pid := range []int{os.Getpid(), cmd.Process.Pid} {
		p := &process.Process{Pid: int32(pid)}
		check := func(what string, got, want any, err, wantErr error) {
			t.Helper()
			if err != nil || wantErr != nil || got != want {
				t.Errorf("process %d: %s is %v, %v; gopsutil says %v, %v", pid, what, got, err, want, wantErr)
			}
		}
		exe, err := executable(ctx, atProc, pid)
		wantExe, wantErr := p.ExeWithContext(ctx)
		check("the program", exe, wantExe, err, wantErr)

		line, err := commandLine(ctx, atProc, pid)
		wantLine, wantErr := p.CmdlineWithContext(ctx)
		check("the command line", line, wantLine, err, wantErr)

		uid, err := effectiveUID(ctx, atProc, pid)
		uids, wantErr := p.UidsWithContext(ctx)
		if wantErr != nil {
			t.Fatal(wantErr)
		}
		check("the user", uid, uint32(uids[1]), err, nil)

		started, err := startedAt(ctx, atProc, pid)
		ms, wantErr := p.CreateTimeWithContext(ctx)
		// gopsutil reads the time of the boot from /proc/stat. The kernel may round its
		// second the other way.
		apart := started.Sub(time.UnixMilli(ms)).Abs()
		check("the start, within a second,", apart <= time.Second, true, err, wantErr)
	}
}

// TestFactsOfNoProcess: what is no process has none.
func TestFactsOfNoProcess(t *testing.T) {
	const none = 1<<22 + 1 // no PID is as large (PID_MAX_LIMIT)
	ctx := t.Context()
	_, exeErr := executable(ctx, atProc, none)
	_, lineErr := commandLine(ctx, atProc, none)
	_, uidErr := effectiveUID(ctx, atProc, none)
	_, startErr := startedAt(ctx, atProc, none)
	for what, err := range map[string]error{"the program": exeErr, "the command line": lineErr, "the user": uidErr, "the start": startErr} {
		if !os.IsNotExist(err) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestBootTime: however long the program waits between two clocks, it is the second in
// which the machine booted.
func TestBootTime(t *testing.T) {
	const boot = 1_700_000_000_999_999_000 // a microsecond before the next second
	for waits := range 5 {                 // before which reading of a clock
		since, readings := int64(time.Hour), 0
		got, err := bootTimeBy(func(clock int32, now *unix.Timespec) error {
			if since += 10; readings == waits {
				since += int64(5 * time.Millisecond)
			}
			readings++
			*now = unix.NsecToTimespec(since)
			if clock == unix.CLOCK_REALTIME {
				*now = unix.NsecToTimespec(boot + since)
			}
			return nil
		})
		if err != nil || got.Unix() != boot/int64(time.Second) {
			t.Errorf("a wait before reading %d: %v, %v", waits, got.UTC(), err)
		}
	}
	if _, err := bootTimeBy(func(int32, *unix.Timespec) error { return unix.EINVAL }); err != unix.EINVAL {
		t.Errorf("a clock that is not there: %v", err)
	}
}
