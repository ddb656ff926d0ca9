package top

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"sockeye/render"
	"sockeye/sock"
	"sockeye/sock/filter"
)

// driver runs a model over a machine that the test makes up, without a terminal: what
// the model asks for is done at once.
type driver struct {
	t *testing.T
	*model
	now     time.Time
	sockets []*sock.Socket
	snap    sock.Snapshot
	fails   error
	asked   []message // what the program was asked to do
	closed  []*sock.Socket
	signals []string
	files   []string
	listed  int
	// told and lose are how the machine tells of ends; meanwhile is called in a listing.
	told      func(*sock.Socket)
	lose      func(uint64)
	meanwhile func()
}

// start returns a driver of a view that has seen a first pass.
func start(t *testing.T, width, height int, sockets []*sock.Socket, change func(*Settings, *Machine)) *driver {
	t.Helper()
	d := &driver{t: t, now: time.Date(2026, 11, 20, 14, 3, 10, 0, time.UTC), sockets: sockets, snap: sock.Snapshot{Complete: true}}
	s := Settings{
		Host: "web-1", Interval: time.Second, Group: -1, Facts: sock.AllFields &^ sock.FieldResult,
		Shape: render.Options{Queues: true, Rates: true},
	}
	for _, name := range []string{"process", "container", "netns", "remote_address", "state"} {
		c, err := render.LookupColumn(name)
		if err != nil {
			t.Fatal(err)
		}
		s.Groups = append(s.Groups, []*render.Column{c})
	}
	machine := d.machine()
	if change != nil {
		change(&s, &machine)
	}
	m, err := newModel(s, machine)
	if err != nil {
		t.Fatal(err)
	}
	d.model = m
	d.do(sizeMessage{width, height})
	d.run(m.begin())
	return d
}

// machine is the machine of the test.
func (d *driver) machine() Machine {
	return Machine{
		Now: func() time.Time { return d.now },
		List: func(_ context.Context, _ *filter.Filter, want sock.Field, each func(*sock.Socket)) (sock.Snapshot, error) {
			d.listed++
			var s sock.Socket
			for _, one := range d.sockets {
				s = *one
				s.Known &= want | sock.FieldTCPInfo
				s.ReadAt = d.now
				each(&s)
			}
			if d.meanwhile != nil {
				d.meanwhile()
			}
			return d.snap, d.fails
		},
		Ends: func(_ context.Context, each func(*sock.Socket), lost func(uint64)) error {
			d.told, d.lose = each, lost
			return nil
		},
		Parse: func(text string, lookUp bool) (*filter.Filter, error) {
			return filter.Parse([]string{text}, filter.Env{LookupHost: func(context.Context, string) ([]netip.Addr, error) {
				if !lookUp {
					return nil, ErrUnresolved
				}
				return []netip.Addr{netip.MustParseAddr("10.0.0.9")}, nil
			}})
		},
		Detail: func(_ context.Context, s *sock.Socket) (*sock.Socket, error) {
			for _, one := range d.sockets {
				if one.Cookie == s.Cookie {
					one = one.Clone() // with a few facts, so that a new one changes no screen
					one.Known &= sock.FieldInode | sock.FieldCookie | sock.FieldOwners | sock.FieldTCPInfo | sock.FieldUID | sock.FieldNetns
					return one, nil
				}
			}
			return nil, nil
		},
		Close: func(_ context.Context, s *sock.Socket) error {
			d.closed = append(d.closed, s)
			d.sockets = slices.DeleteFunc(d.sockets, func(one *sock.Socket) bool { return one.Cookie == s.Cookie })
			return nil
		},
		Process: func(pid int) (Process, error) {
			if pid == 1 {
				return nil, errors.New("operation not permitted")
			}
			return &fakeProcess{d, pid}, nil
		},
		Signals: []Signal{{"t", "TERM", 15}, {"k", "KILL", 9}},
		Doctor:  &Doctor{Fits: func(*filter.Filter) bool { return false }}, // which sees nothing
		Export: func(_ context.Context, name string, _ *filter.Filter) (int, error) {
			d.files = append(d.files, name)
			return len(d.sockets), nil
		},
	}
}

type fakeProcess struct {
	d   *driver
	pid int
}

func (p *fakeProcess) Signal(s Signal) error {
	p.d.signals = append(p.d.signals, fmt.Sprintf("%s %d", s.Name, p.pid))
	return nil
}

func (p *fakeProcess) Release() error {
	p.d.signals = append(p.d.signals, fmt.Sprintf("released %d", p.pid))
	return nil
}

// do gives the model a message and does what it asks for.
func (d *driver) do(msg message) { d.run(d.update(msg)) }

// run does what effects ask for. The time to the next pass is never waited for.
func (d *driver) run(effects []effect) {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	for _, e := range effects {
		switch msg := e(ended).(type) {
		case nil:
		case quitMessage, suspendMessage, redrawMessage, copyMessage:
			d.asked = append(d.asked, msg)
		default:
			d.do(msg)
		}
	}
}

// keys types keys.
func (d *driver) keys(keys ...string) {
	for _, k := range keys {
		d.do(keyMessage(k))
	}
}

// text types the characters of a text.
func (d *driver) text(text string) {
	for _, r := range text {
		key := string(r)
		if r == ' ' {
			key = "space"
		}
		d.keys(key)
	}
}

// tick makes another pass, a second later.
func (d *driver) tick() {
	d.now = d.now.Add(time.Second)
	d.do(tickMessage{})
}

// screen is what is to be seen, and fails if it is no screen.
func (d *driver) screen() string {
	d.t.Helper()
	s := d.view()
	if len(s.lines) != d.height {
		d.t.Errorf("%d lines on a screen of %d", len(s.lines), d.height)
	}
	for _, line := range s.lines {
		if cells := render.Cells(line); cells > d.width || strings.ContainsAny(line, "\n\r\t\x1b\u202e") {
			d.t.Errorf("a line of %d cells on a screen of %d: %q", cells, d.width, line)
		}
	}
	var b strings.Builder
	for _, line := range s.lines {
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// chosenCookie is the cookie of what is chosen.
func (d *driver) chosenCookie() uint64 {
	if r := d.current(); r != nil {
		return r.cookie
	}
	return 0
}

// connection makes a TCP connection.
func connection(cookie uint64, state sock.State, local, remote string, info map[sock.TCPInfoField]uint64, owners ...sock.Owner) *sock.Socket {
	s := &sock.Socket{
		Protocol: sock.TCP, Family: sock.IPv4, State: state, Cookie: cookie, Inode: 1000 + cookie,
		Local: netip.MustParseAddrPort(local), Owners: owners, OwnerStatus: sock.OwnerKnown,
		Known: sock.FieldCookie | sock.FieldInode | sock.FieldLocal | sock.FieldRecvQueue | sock.FieldSendQueue | sock.FieldOwners |
			sock.FieldNetns | sock.FieldUID | sock.FieldUser,
		Netns: sock.Netns{Inode: 4026531833}, UID: 1000, User: "alice",
	}
	if s.Local.Addr().Is6() {
		s.Family = sock.IPv6
	}
	if remote != "" {
		s.Remote, s.Known = netip.MustParseAddrPort(remote), s.Known|sock.FieldRemote
	}
	if info != nil {
		s.TCPInfo, s.Known = &sock.TCPInfo{}, s.Known|sock.FieldTCPInfo
		for f, v := range info {
			s.TCPInfo.Set(f, v)
		}
	}
	if len(owners) == 0 {
		s.OwnerStatus = sock.OwnerTimeWait
	}
	return s
}

// traffic are the counters of a connection.
func traffic(received, acked, rtt uint64) map[sock.TCPInfoField]uint64 {
	return map[sock.TCPInfoField]uint64{
		sock.TCPInfoBytesReceived: received, sock.TCPInfoBytesAcked: acked, sock.TCPInfoRTT: rtt,
		sock.TCPInfoSegsIn: received / 1000, sock.TCPInfoSegsOut: acked / 1000, sock.TCPInfoSndCwnd: 10,
	}
}

// people are the sockets of a small machine.
func people() []*sock.Socket {
	node := &sock.Process{PID: 4244, Name: "node", User: "alice", Cmdline: "node server.js --port 8080",
		StartedAt: time.Date(2026, 11, 20, 12, 3, 10, 0, time.UTC), Known: sock.FieldCmdline | sock.FieldProcessUser | sock.FieldStartedAt}
	postgres := &sock.Process{PID: 640, Name: "postgres"}
	hostile := &sock.Process{PID: 666, Name: "ev\x1b[31mil\u202e"}
	by := func(p *sock.Process, fd int) sock.Owner { return sock.Owner{Process: p, FD: fd} }
	listener := connection(1, sock.Listen, "10.0.0.5:8080", "", nil, by(node, 18))
	listener.Backlog, listener.Known = 511, listener.Known|sock.FieldBacklog
	waiting := connection(5, sock.Established, "10.0.0.5:8080", "10.0.0.9:51520", traffic(0, 0, 300))
	waiting.OwnerStatus, waiting.Listener = sock.OwnerAcceptQueue, node
	udp := connection(8, sock.Unconnected, "127.0.0.53:53", "", nil, by(hostile, 13))
	udp.Protocol = sock.UDP
	return []*sock.Socket{
		listener,
		connection(2, sock.Listen, "[::1]:5432", "", nil, by(postgres, 5)),
		connection(3, sock.Established, "10.0.0.5:8080", "10.0.0.9:51514", traffic(1000, 5000, 400), by(node, 20)),
		connection(4, sock.CloseWait, "10.0.0.5:8080", "10.0.0.7:40112", traffic(4000, 9000, 1200), by(node, 21), by(postgres, 7)),
		waiting,
		connection(6, sock.TimeWait, "10.0.0.5:8080", "10.0.0.7:40108", nil),
		connection(7, sock.Established, "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:1]:22", "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:2]:60123", traffic(77, 88, 25000), by(hostile, 4)),
		udp,
	}
}

// next changes the small machine: one connection sends, one closes, one changes, and
// one is new.
func (d *driver) next() {
	node := d.sockets[0].Owners[0].Process
	d.sockets[2] = connection(3, sock.Established, "10.0.0.5:8080", "10.0.0.9:51514", traffic(13_000, 1_105_000, 400), sock.Owner{Process: node, FD: 20})
	changed := connection(4, sock.LastAck, "10.0.0.5:8080", "10.0.0.7:40112", traffic(4000, 9000, 1200))
	changed.OwnerStatus = sock.OwnerOrphaned
	d.sockets[3] = changed
	d.sockets = slices.DeleteFunc(d.sockets, func(s *sock.Socket) bool { return s.Cookie == 6 })
	d.sockets = append(d.sockets, connection(9, sock.Established, "10.0.0.5:8080", "10.0.0.11:33000", traffic(10, 10, 900), sock.Owner{Process: node, FD: 22}))
	d.tick()
}
