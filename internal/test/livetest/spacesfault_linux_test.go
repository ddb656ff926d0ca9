package livetest

import (
	"net"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/fault"
	"sockeye/internal/test/population"
)

// TestNamespaceFaults: where a call fails by which namespaces are found or entered, what
// is missing is said.
func TestNamespaceFaults(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	set, err := population.Namespaces(2, 1)
	keep(t, set, err)
	err = population.InNewNamespace(nil, func(string) error { // which this socket alone holds
		l, err := net.Listen("tcp4", "127.0.0.1:1000")
		if err == nil {
			t.Cleanup(func() { l.Close() })
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, owners := range []string{"bpf", "proc"} {
		args := []string{"--json", "--all-netns", "-tl", "--owners", owners}
		if doc := readDocument(t, args[1:]...); len(doc.Sockets) != 3 || !doc.Complete || len(doc.Warnings) > 0 {
			t.Fatalf("%s without a fault: %d sockets, complete %v, %v", owners, len(doc.Sockets), doc.Complete, doc.Warnings)
		}
		for _, f := range []struct {
			fault.Fault
			want string // in a warning
		}{
			{fault.Fault{Call: "setns", Errno: unix.ENOMEM}, "cannot be read"},
			{fault.Fault{Call: "setns", Errno: unix.EPERM}, "cannot be entered without CAP_SYS_ADMIN"},
			{fault.Fault{Call: "openat", When: fault.On("/run/netns/*"), Errno: unix.EMFILE}, "cannot be read"},
			{fault.Fault{Call: "openat", When: fault.On("/proc/self/mountinfo"), Errno: unix.EMFILE}, "network namespaces may be missing"},
			{fault.Fault{Call: "pidfd_getfd", Errno: unix.EMFILE}, ""},
		} {
			got, hits := runFaulty(t, f.Fault, args...)
			doc := decode(t, got.stdout)
			said := ""
			for _, w := range doc.Warnings {
				said += w.Message + "\n"
			}
			if hits == 0 || doc.Complete || said == "" || !strings.Contains(said, f.want) || len(doc.Sockets) > 3 {
				t.Errorf("%s, %s %v: %d times, %d sockets, complete %v, %q", owners, f.Call, f.Errno, hits, len(doc.Sockets), doc.Complete, said)
			}
		}
	}
}
