package tracer

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sockeye/sock"
)

// counters returns those of a protocol in /proc/net/snmp, by name.
func counters(t *testing.T, protocol string) map[string]int {
	t.Helper()
	data, err := os.ReadFile("/proc/net/snmp")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for line := range bytes.Lines(data) {
		fields := strings.Fields(string(line))
		if len(fields) == 0 || fields[0] != protocol+":" {
			continue
		}
		if names == nil {
			names = fields
			continue
		}
		values := map[string]int{}
		for i, name := range names[1:] {
			if values[name], err = strconv.Atoi(fields[i+1]); err != nil {
				t.Fatal(err)
			}
		}
		return values
	}
	t.Fatalf("/proc/net/snmp has no %s", protocol)
	return nil
}

// droppedPackets returns how many packets iptables threw away in INPUT.
func droppedPackets(t *testing.T) int {
	t.Helper()
	out, err := exec.Command("iptables", "-nvxL", "INPUT").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		if fields := strings.Fields(line); len(fields) > 2 && fields[2] == "DROP" {
			n, err := strconv.Atoi(fields[0])
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatalf("no rule that drops:\n%s", out)
	return 0
}

// On a link that loses packets, retransmissions and drops are as many as the kernel
// counts, and belong to the processes at both ends.
func TestLossyLink(t *testing.T) {
	if !alone(t, "iptables") {
		return
	}
	w := watch(t, Options{Kinds: KindsOf(StateChange, Retransmit, SynAckRetransmit, Drop)})
	if slices.ContainsFunc(w.tracer.Missing(), func(m Missing) bool { return m.What == "drop" }) {
		t.Log("this kernel tells no drops")
	}
	l := listen(t, "127.0.0.1:0")
	port := portOf(t, l.Addr())
	// The third packet of the rule is the first that is lost: not the handshake's.
	commands(t, fmt.Sprintf("iptables -A INPUT -p tcp --dport %d -m statistic --mode nth --every 7 --packet 3 -j DROP", port))
	client, server := pair(t, l)
	before := counters(t, "Tcp")["RetransSegs"]
	const size = 1 << 20
	go func() {
		_, _ = client.Write(make([]byte, size)) // what is missing is seen by the reader
		client.Close()
	}()
	if n, err := io.Copy(io.Discard, server); err != nil || n != size {
		t.Fatalf("%d bytes arrived: %v", n, err)
	}
	server.Close()
	w.until("both ends", func(events []told) bool {
		return count(events, func(e *told) bool { return e.New == sock.Closed && e.Kind == StateChange && e.Remote.IsValid() }) >= 2
	})
	retransmitted, dropped := counters(t, "Tcp")["RetransSegs"], droppedPackets(t)
	events := w.end()
	segments, drops := 0, 0
	for _, e := range events {
		switch {
		case e.Kind == Retransmit:
			segments += int(e.Segments)
			if e.PID != os.Getpid() || e.Remote.Port() != port && e.Local.Port() != port || e.Cookie == 0 {
				t.Errorf("%+v", e)
			}
		case e.Kind == Drop && e.Reason == "NETFILTER_DROP":
			drops++
			if e.Local.Port() != port || e.Remote.Port() != portOf(t, client.LocalAddr()) || e.Flags&16 == 0 || e.Netns != ownSpace(t) {
				t.Errorf("%+v", e)
			}
		case e.New == sock.Closed && e.Remote.Port() == port && e.Sent != size,
			e.New == sock.Closed && e.Kind == StateChange && e.Local.Port() == port && e.Remote.IsValid() && e.Received != size:
			t.Errorf("%d bytes were sent: %+v", size, e)
		}
	}
	if segments != retransmitted || retransmitted == before {
		t.Errorf("%d retransmitted segments are told, the kernel counts %d", segments, retransmitted)
	}
	if reasons := w.tracer.decoder.drops; len(reasons) == 0 {
		t.Log("this kernel gives no reasons")
	} else if drops != dropped || drops == 0 {
		t.Errorf("%d drops are told, iptables counts %d", drops, dropped)
	}
}

// The answer to a SYN that is lost is sent again by the listener.
func TestLostAnswer(t *testing.T) {
	if !alone(t, "iptables") {
		return
	}
	w := watch(t, Options{Kinds: KindsOf(SynAckRetransmit, Retransmit)})
	l := listen(t, "127.0.0.1:0")
	port := portOf(t, l.Addr())
	commands(t, fmt.Sprintf("iptables -A INPUT -p tcp --sport %d -m statistic --mode nth --every 1000 --packet 0 -j DROP", port))
	pair(t, l) // a second later
	is := func(e *told) bool {
		return e.Kind == SynAckRetransmit && e.Local.Port() == port && e.Remote.Port() != 0 && e.Remote.Port() != port
	}
	w.until("the answer", func(events []told) bool { return count(events, is) > 0 })
	segments := 0
	for _, e := range w.end() {
		segments += int(e.Segments)
		if is(&e) && (e.PID != os.Getpid() || e.Origin != Inherited || e.New != sock.SynReceived || e.Netns != ownSpace(t)) {
			t.Errorf("%+v", e)
		}
	}
	if counted := counters(t, "Tcp")["RetransSegs"]; segments != counted {
		t.Errorf("%d retransmitted segments are told, the kernel counts %d", segments, counted)
	}
}
