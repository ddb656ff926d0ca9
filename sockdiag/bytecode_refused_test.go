package sockdiag

import (
	"errors"
	"syscall"
	"testing"

	"sockeye/sock"
)

// programOf returns the program that a request holds.
func programOf(request []byte) []byte {
	walk := attributes{request[nlmsgHeaderLen+56:]} // struct inet_diag_req_v2
	for {
		kind, value, ok := walk.next()
		if !ok {
			return nil
		}
		if kind == inetDiagReqBytecode {
			return value
		}
	}
}

// TestRefusedProgram: a kernel that lacks an instruction, or keeps it from this
// process, is asked with less of one until it answers; that is no error and no
// warning.
func TestRefusedProgram(t *testing.T) {
	rows := []delivery{datagram(row(established(1)), row(established(2)), done(0))}
	refuse := func(e syscall.Errno) []delivery { return []delivery{datagram(failure(e))} }
	for _, c := range []struct {
		name, text string
		scripts    [][]delivery
		programs   []int // their lengths
	}{
		{"taken", "fwmark 1 and sport 80", [][]delivery{rows}, []int{24}},
		{"no right to marks", "fwmark 1 and sport 80", [][]delivery{refuse(syscall.EPERM), rows}, []int{24, 12}},
		{"old kernel", "dev 1 and sport 80", [][]delivery{refuse(syscall.EINVAL), rows}, []int{20, 12}},
		{"nothing is taken", "cgroup /a and sport 80", [][]delivery{refuse(syscall.EINVAL), refuse(syscall.EINVAL), rows}, []int{24, 12, 0}},
		{"nothing is left", "fwmark 1", [][]delivery{refuse(syscall.EPERM), rows}, []int{12, 0}},
		{"basic ones are refused", "sport 80", [][]delivery{refuse(syscall.EINVAL), rows}, []int{12, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := newFakeKernel(t, c.scripts...)
			q := tcp4()
			q.Where = parseFilter(t, c.text)
			cookies, errs := k.read(q)
			wantRows(t, cookies, 1, 2)
			if len(errs) > 0 {
				t.Errorf("errors %v", errs)
			}
			if len(k.requests) != len(c.programs) {
				t.Fatalf("%d requests, want %d", len(k.requests), len(c.programs))
			}
			for i, want := range c.programs {
				if got := len(programOf(k.requests[i])); got != want {
					t.Errorf("request %d has a program of %d bytes, want %d", i, got, want)
				}
			}
		})
	}
}

// TestRefusedTable: where the kernel refuses the table itself, that is the error
// at the end.
func TestRefusedTable(t *testing.T) {
	refused := []delivery{datagram(failure(syscall.EPERM))}
	k := newFakeKernel(t, refused, refused)
	q := tcp4()
	q.Where = parseFilter(t, "sport 80")
	_, errs := k.read(q)
	if len(errs) != 1 || !errors.Is(errs[0], sock.ErrUnavailable) || !errors.Is(errs[0], syscall.EPERM) {
		t.Errorf("errors %v", errs)
	}
}

// TestNothingIsAsked: a table in which nothing can match is not asked for.
func TestNothingIsAsked(t *testing.T) {
	for _, text := range []string{"dst ::1", "protocol = udp", "sport > 65535", "src unix:/run/a", "state listening"} {
		k := newFakeKernel(t)
		q := tcp4()
		q.States = sock.ConnectedStates
		q.Where = parseFilter(t, text)
		if cookies, errs := k.read(q); len(cookies)+len(errs)+k.opened > 0 {
			t.Errorf("%s: %v, %v, %d sockets opened", text, cookies, errs, k.opened)
		}
	}
}

// FuzzProgram compiles arbitrary filters: what is emitted must be what the
// kernel takes, must end, and must let through what matches.
func FuzzProgram(f *testing.F) {
	f.Add("dst 10.0.0.0/8 or sport in (1,2,3-5) and not dev lo", uint8(0), uint64(1), established(1))
	f.Add("not (fwmark 0/3 or uid 0) port != 22", uint8(1), uint64(2), inetRow{family: afInet6, state: tcpTimeWait, local: "[::ffff:1.2.3.4]:80", remote: "[::1]:8"}.bytes())
	f.Add("addr in ([::1]:22, 10.0.0.1:80-90, *:443) cgroup /a", uint8(2), uint64(3), established(9))
	f.Add("src *%eth0 or dst inet6:[::]/0 and state listening", uint8(3), uint64(0xffff), established(2))
	f.Fuzz(func(t *testing.T, text string, which uint8, states uint64, payload []byte) {
		if len(text) > 1<<12 {
			t.Skip()
		}
		wanted := parseQuietly(text)
		if wanted == nil {
			t.Skip()
		}
		table := programTables[int(which)%len(programTables)]
		c := testCompiler(table, sock.StateSet(states)&sock.AllStates, instructions(which>>2)%3)
		made, possible := c.program(wanted)
		program := made.code
		if len(program) > maxProgram || len(program) > 0 && !audit(program) {
			t.Fatalf("%q: the kernel would refuse %x", text, program)
		}
		e := entryOf(payload, table)
		if e == nil {
			return
		}
		pass, steps := true, 0
		if len(program) > 0 {
			pass, steps = passes(program, e)
		}
		if steps > len(program)/bcOpLen {
			t.Errorf("%q: %d steps", text, steps)
		}
		d := inetDecoder{protocol: table.Protocol}
		var s sock.Socket
		if d.decode(payload, &s) == rejected || !c.states.Has(s.State) || s.Interface != "" {
			return
		}
		nameInterface(&s)
		if wanted.Match(&s) && !(pass && possible) {
			t.Errorf("%q: %x (possible: %v) leaves out %+v", text, program, possible, s)
		}
	})
}
