package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockeye/internal/doctor"
	"sockeye/internal/top"
	"sockeye/sock"
	"sockeye/sock/filter"
)

// viewHere is what the view asks of this machine, with the words of a command line.
func viewHere(t *testing.T, words ...string) (*topView, *filter.Filter) {
	t.Helper()
	o, rest, err := readOptions(append([]string{"top"}, words...)...)
	if err != nil {
		t.Fatal(err)
	}
	r := &run{IO: IO{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard, Getenv: os.Getenv, Now: time.Now}, ctx: t.Context()}
	t.Cleanup(func() {
		if r.machine != nil {
			r.machine.Close()
		}
	})
	f, err := r.readFilter(o, rest)
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.openBackend(o)
	if err != nil {
		t.Fatal(err)
	}
	b.compares = true
	return &topView{run: r, o: o, b: b}, f
}

// TestTopView asks this machine as the view does: for a listing, one socket, a file.
func TestTopView(t *testing.T) {
	for _, source := range []string{"auto", "proc", "portable"} { // which tell less of it
		t.Run(source, func(t *testing.T) { seeListener(t, source) })
	}
}

func seeListener(t *testing.T, source string) {
	l, port := listenAt(t)
	defer l.Close()
	v, f := viewHere(t, "-t", "--source", source, "sport", "=", ":"+port)
	m := v.machine()
	var mine *sock.Socket
	others := 0
	few := v.b.fields() & (sock.FieldLocal | sock.FieldRemote | sock.FieldCookie | sock.FieldInode)
	_, err := m.List(t.Context(), f, few, func(s *sock.Socket) {
		if f.Match(s) {
			mine = s.Clone()
			mine.Known &= few
		} else {
			others++
		}
	})
	if err != nil || mine == nil {
		t.Fatalf("%v, %d others", err, others)
	}
	found, err := m.Detail(t.Context(), mine)
	if err != nil || found == nil || found.Cookie != mine.Cookie || found.Local.String() != "127.9.8.7:"+port {
		t.Errorf("%+v, %v", found, err)
	}
	name := filepath.Join(t.TempDir(), "x.json")
	if n, err := m.Export(t.Context(), name, f); err != nil || n != 1 {
		t.Errorf("%d sockets, %v", n, err)
	}
	if _, err := m.Export(t.Context(), name, f); err == nil || !strings.Contains(err.Error(), "exists") {
		t.Errorf("a file is overwritten: %v", err)
	}
	var out, errs strings.Builder
	status := Main(t.Context(), []string{"--from", name, "-H", "-C", "local"}, IO{Out: &out, Err: &errs, Getenv: os.Getenv, Now: time.Now})
	if status != 0 || strings.TrimSpace(out.String()) != "127.9.8.7:"+port {
		t.Errorf("%d, %q, %q", status, out.String(), errs.String())
	}
	l.Close()
	if found, err := m.Detail(t.Context(), mine); err != nil || found != nil {
		t.Errorf("of a closed socket: %+v, %v", found, err)
	}
}

// TestTopSettings: how the view begins follows from the words.
func TestTopSettings(t *testing.T) {
	for words, want := range map[string]string{
		"":                         "1s  -1",
		"-c2 -t state established": "2s state established -1",
		"--interval 0.5 pid 7":     "500ms pid 7 -1",
		"--group-by state,process": "1s  0",
		"--no-processes -C local":  "",
	} {
		v, f := viewHere(t, strings.Fields(words)...)
		_, rest, _ := readOptions(append([]string{"top"}, strings.Fields(words)...)...)
		s, err := v.settings(f, rest)
		if err != nil {
			t.Errorf("%s: %v", words, err)
			continue
		}
		if got := strings.Join([]string{s.Interval.String(), s.Text, map[bool]string{true: "0", false: "-1"}[s.Group == 0]}, " "); want != "" && got != want {
			t.Errorf("%s: %s, want %s", words, got, want)
		}
		if m := v.machine(); strings.HasPrefix(words, "--no-processes") && (m.Process != nil || m.Close != nil || s.Facts.Has(sock.FieldOwners)) {
			t.Error("without owners their processes can be signalled")
		}
	}
	if got := filterText([]string{"process", "=", "my app"}); got != `process = "my app"` {
		t.Error(got)
	}
}

// TestTopParse: a filter that asks for what is not here is a mistake of the filter, and
// a name of a host waits.
func TestTopParse(t *testing.T) {
	v, _ := viewHere(t, "--source", "portable")
	if _, err := v.parse("rtt > 5ms", false); err == nil || !strings.Contains(err.Error(), "cannot be listed") {
		t.Errorf("%v", err)
	}
	v, _ = viewHere(t)
	if _, err := v.parse("dst host.example", false); !errors.Is(err, top.ErrUnresolved) {
		t.Errorf("%v", err)
	}
	if f, err := v.parse("family = unix or state established", false); err != nil || f.Empty() {
		t.Errorf("%v", err)
	}
}

// TestHoldProcess: a signal goes to the process that was held, and to none that has its
// PID afterwards; what may not be signalled cannot be held.
func TestHoldProcess(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	child := exec.CommandContext(ctx, "sleep", "60")
	if err := child.Start(); err != nil {
		t.Skipf("no child: %v", err)
	}
	p, err := holdProcess(child.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	again, err := holdProcess(child.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Signal(top.Signal{Name: "TERM", Number: int(syscall.SIGTERM)}); err != nil {
		t.Error(err)
	}
	_ = child.Wait() // how it ended is looked at
	if status, ok := child.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGTERM {
		t.Errorf("it ended with %v", child.ProcessState)
	}
	if err := again.Signal(top.Signal{Name: "TERM", Number: int(syscall.SIGTERM)}); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("a signal to a process that has ended: %v", err)
	}
	for _, held := range []top.Process{p, again} {
		if err := held.Release(); err != nil {
			t.Error(err)
		}
	}
	for _, pid := range []int{os.Getpid(), child.Process.Pid} {
		if _, err := holdProcess(pid); err == nil {
			t.Errorf("%d can be held", pid)
		}
	}
}

// TestTopDoctor: the rules of doctor look at what the view lists, and find a listener whose
// accept queue is full; they look at no tables of which a part is left out.
func TestTopDoctor(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := errors.Join(unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 9, 8, 7}}), unix.Listen(fd, 1)); err != nil {
		t.Fatal(err)
	}
	at, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	port := at.(*unix.SockaddrInet4).Port
	for range 2 { // one more than the backlog
		client, err := net.Dial("tcp4", fmt.Sprintf("127.9.8.7:%d", port))
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
	}
	v, f := viewHere(t)
	d := v.machine().Doctor
	if !d.Fits(f) {
		t.Fatal("doctor does not look at the usual tables")
	}
	look := d.New()
	if _, _, known := look.OpenFiles(os.Getpid()); !known || look.Translations(sock.Netns{}, func(*sock.Translation) {}) == sock.ErrUnavailable {
		t.Error("the view asks for less than doctor")
	}
	for _, step := range []struct {
		see    func(*sock.Socket)
		behind func(*doctor.Machine)
	}{{look.Add, d.Before}, {look.See, d.After}} {
		if _, err := v.list(t.Context(), f, d.Facts, step.see); err != nil {
			t.Fatal(err)
		}
		step.behind(look)
	}
	text := d.Text(look.Findings(), look.Skipped(), 400)
	if want := fmt.Sprintf("on port %d is full: 2 of 1", port); !strings.Contains(text, want) || !strings.Contains(text, "Connections arrive faster") {
		t.Errorf("no %q in %s", want, text)
	}
	for _, words := range []string{"-l", "-4", "-u", "-x", "family = unix"} {
		v, f := viewHere(t, strings.Fields(words)...)
		if v.machine().Doctor.Fits(f) {
			t.Errorf("%s: doctor looks at a part of TCP", words)
		}
	}
	if v, f := viewHere(t, "state", "established", "and", "dport", "=", ":443"); !v.machine().Doctor.Fits(f) {
		t.Error("a filter of what is shown hides sockets from doctor")
	}
	v, _ = viewHere(t, "--no-processes")
	if none := v.machine().Doctor; none.Facts.Has(sock.FieldExe) || none.New().Lacks&sock.FieldOwners == 0 {
		t.Error("owners are looked for without --no-processes")
	}
}
