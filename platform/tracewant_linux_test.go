package platform

import (
	"os"
	"strings"
	"testing"
	"time"

	"sockeye/platform/tracer"
	"sockeye/sock"
)

// TestTraceWant: what is told of processes is what is wanted at the moment, and why
// nothing could be told is known before.
func TestTraceWant(t *testing.T) {
	end := changed(1, sock.LastAck, sock.Closed)
	end.Time = time.Now()
	owner := sock.Owner{Process: &sock.Process{PID: os.Getpid(), Name: "test"}, FD: sock.NoFD}
	end.Socket.Owners, end.Socket.OwnerStatus, end.Socket.Known = []sock.Owner{owner}, sock.OwnerKnown, end.Socket.Known|sock.FieldOwners
	again := *end
	again.Socket.Owners = []sock.Owner{owner}
	h := hostTracing(&fakeTracer{told: []*tracer.Event{end, &again}})
	h.chain.env.Proc = "/proc"
	req := traceRequest(t, ViewEnds, "sport > 0")
	trace, err := h.Trace(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for s, err := range trace.Events(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		words = append(words, s.Owners[0].Cmdline)
		trace.Want(sock.FieldOwners | sock.FieldCmdline)
	}
	if len(words) != 2 || words[0] != "" || !strings.Contains(words[1], "test") {
		t.Errorf("%q", words)
	}
	if why := new(Host).TraceRefused(); why != "programs in the kernel are for Linux alone" {
		t.Error(why)
	}
}
