package cli

import (
	"fmt"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sockeye/internal/test/population"
	"sockeye/sock"
)

// TestTopWithoutEnds: where ends are not told, or not wanted, the view says why, and has
// no facts of them.
func TestTopWithoutEnds(t *testing.T) {
	for words, why := range map[string]string{
		"--event-source poll": "--event-source poll",
		"-ux":                 "TCP is not listed",
		"--source proc":       "connections are listed without a cookie from the source proc",
	} {
		v, _ := viewHere(t, strings.Fields(words)...)
		if err := v.openEnds(); err != nil || v.unseen != why || v.ends != nil || v.machine().Ends != nil || v.b.fields().Has(sock.FieldEvent) {
			t.Errorf("%s: %v, %q, %v", words, err, v.unseen, v.ends)
		}
		if _, err := v.parse("failure = refused", false); err == nil {
			t.Errorf("%s: a fact of ends is one here", words)
		}
		v.ends.close()
	}
	v, _ := viewHere(t, "--event-source", "destroy")
	if err := v.openEnds(); err == nil || err.Error() != `unknown --event-source "destroy"; there is auto, bpf, poll` {
		t.Error(err)
	}
	v, _ = viewHere(t)
	why := v.b.host.TraceRefused()
	if err := v.openEnds(); err != nil || (v.ends == nil) != (v.unseen != "") || why != "" && v.unseen == "" {
		t.Errorf("%v, %q, %v; before %q", err, v.unseen, v.ends, why)
	}
	v.ends.close()
}

// needsEnds skips a test where programs in the kernel cannot tell of ends.
func needsEnds(t *testing.T) {
	t.Helper()
	v, _ := viewHere(t, "--event-source", "bpf")
	switch err := v.openEnds(); {
	case err == nil:
		v.ends.close()
	case strings.Contains(err.Error(), "too old"):
		t.Skip(err)
	default:
		population.Skip(t, err)
	}
}

// passes asks for one pass after the other until the screen has shown some lines. The
// interval of the view is so long that it makes none by itself.
func (p *onTerminal) passes(lines []string) {
	p.t.Helper()
	buf := make([]byte, 64<<10)
	for missing := lines; len(missing) > 0; {
		p.types("r\x0c")
		n, err := p.ours.Read(buf)
		p.shown.Write(buf[:n])
		shown := strings.Join(strings.Fields(steers.ReplaceAllString(p.shown.String(), " ")), " ")
		missing = slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return strings.Contains(shown, line) })
		if err != nil {
			p.t.Fatalf("%v before %q were drawn: %q", err, missing, p.shown.String())
		}
	}
	p.shown.Reset()
}

// steers is what steers a terminal (ECMA-48 section 5.4).
var steers = regexp.MustCompile(`\x1b\[[0-?]*[ -/]*[@-~]`)

// brief connects to a listener from an address, closes, and returns the address of
// the client once the peer has seen that. Nothing of it is left, unless the client waits.
func brief(t *testing.T, l net.Listener, waits bool) (address string) {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 9, 8, 6)}}
	client, err := dialer.DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if n, err := server.Read(make([]byte, 10)); n != 5 || err != nil {
		t.Fatal(n, err)
	}
	if !waits {
		if err := client.(*net.TCPConn).SetLinger(0); err != nil { // its end is a reset
			t.Fatal(err)
		}
	}
	address = client.LocalAddr().String()
	client.Close()
	if n, err := server.Read(make([]byte, 10)); n != 0 || err == nil {
		t.Fatal(n, err)
	}
	server.Close()
	return address
}

// TestTopSeesBrief: connections that are opened and closed between two passes are all
// drawn, both ends of each once, with the process and the bytes; one of which an end
// waits in TIME_WAIT is drawn as the listing has it.
func TestTopSeesBrief(t *testing.T) {
	needsEnds(t)
	var plain net.ListenConfig
	plain.SetMultipathTCP(false) // of which TCP is a part that nobody holds
	l, err := plain.Listen(t.Context(), "tcp4", "127.9.8.6:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	listener := l.Addr().String()
	filter := fmt.Sprint("src 127.9.8.6 and port ", l.Addr().(*net.TCPAddr).Port) // others may wait there
	p := startTop(t, "--interval", "3600", "--event-source", "bpf", "-t", "-C", "local,remote,state,sent_bytes,pid", filter)
	p.until(listener)
	const connections = 8
	// The listener, both ends of each, and no more.
	lines := []string{fmt.Sprintf("filter %s (%d)", filter, 1+2*connections+2)}
	for range connections {
		client := brief(t, l, false)
		lines = append(lines, fmt.Sprintf("± %s %s CLOSED 5 B %d", client, listener, os.Getpid()),
			fmt.Sprintf("± %s %s CLOSED 0 B %d", listener, client, os.Getpid()))
	}
	client := brief(t, l, true)
	lines = append(lines, fmt.Sprintf("+ %s %s TIME_WAIT - -", client, listener),
		fmt.Sprintf("± %s %s CLOSED 0 B %d", listener, client, os.Getpid()))
	p.passes(lines)
	p.passes(lines) // which stay as they are
	p.types("q")
	p.ended(0)
}
