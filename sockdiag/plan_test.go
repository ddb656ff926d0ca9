package sockdiag

import (
	"testing"

	"sockeye/sock"
)

// counted is a source that counts how often a program is made.
func counted(made *int) *Source {
	s := New()
	compile := s.compile
	s.compile = func(c *compiler, where sock.Matcher) (program, bool) {
		*made++
		return compile(c, where)
	}
	return s
}

// TestTheProgramOfAReadingIsMadeOnce: when it is planned, and not again when it
// is begun and carried out. Where the families of TCP need programs of their own,
// that is found out by making one for both.
func TestTheProgramOfAReadingIsMadeOnce(t *testing.T) {
	for _, c := range []struct {
		text           string
		protocols      sock.ProtocolSet
		readings, made int
	}{
		{"dev lo", sock.Protocols(sock.TCP), 1, 1},
		{"sport = :80", sock.Protocols(sock.TCP, sock.UDP), 3, 3},
		{"dst 2001:db8::/32", sock.Protocols(sock.TCP), 2, 3},
		{"uid = 0", sock.Protocols(sock.UDP, sock.Raw, sock.Unix), 5, 5},
	} {
		made := 0
		q := everythingOf(sock.TCP)
		q.Protocols, q.Where = c.protocols, parseFilter(t, c.text)
		source := counted(&made)
		kernel := newFakeKernel(t)
		for range c.readings {
			kernel.scripts = append(kernel.scripts, []delivery{datagram(done(0))}, []delivery{datagram(done(0))})
		}
		source.open = kernel.open
		session := source.Open(&sock.Environment{Interfaces: testInterfaces()})
		plan := session.Plan(q)
		if len(plan) != c.readings || made != c.made {
			t.Errorf("%s: %d readings with %d programs made, want %d with %d", c.text, len(plan), made, c.readings, c.made)
		}
		for _, r := range plan {
			r.Prefetch()
			for _, err := range r.Rows(t.Context()) {
				if err != nil {
					t.Errorf("%s: %v", c.text, err)
				}
			}
		}
		session.Close()
		if made != c.made {
			t.Errorf("%s: %d programs made, %d of them after the plan", c.text, made, made-c.made)
		}
		if kernel.opened != kernel.closed {
			t.Errorf("%s: %d wires opened, %d closed", c.text, kernel.opened, kernel.closed)
		}
	}
}

// TestOneListOfInterfaces: all readings of an environment take the number of a
// device from one list.
func TestOneListOfInterfaces(t *testing.T) {
	loads := 0
	env := &sock.Environment{Interfaces: &sock.Interfaces{Load: func() (map[uint32]string, error) {
		loads++
		return map[uint32]string{7: "eth0"}, nil
	}}}
	q := everythingOf(sock.TCP, sock.UDP, sock.UDPLite)
	q.Where = parseFilter(t, "dev eth0")
	for phase := range q.Phases {
		New().Open(env).Plan(phase)
	}
	if loads != 1 {
		t.Errorf("the interfaces were read %d times", loads)
	}
}
