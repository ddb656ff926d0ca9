package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"sockeye/internal/top"
	"sockeye/platform"
	"sockeye/render"
	"sockeye/sock"
	"sockeye/sock/change"
	"sockeye/sock/filter"
)

const topHelp = `Shows the sockets on the whole screen, and lists them again every second. The
key ? lists the keys: / types a filter, o an order, B groups, Enter shows all
that is known of a socket, c closes a connection, x signals its owner, q quits.
Connections that open and close between two listings are marked ±, where the
kernel tells of them (Linux, as root); --event-source poll does without.

Examples:
  sockeye top
  sockeye top -t state established and dst 10.0.0.0/8
  sockeye top --sort -recv_queue --interval 2
  sockeye top --group-by process
`

const topStatus = `0 it was ended by a key, 2 a mistake in the options or the filter, or no
terminal, 3 the sockets cannot be listed.`

// topCommand shows sockets on the whole screen.
func topCommand(o *options) command {
	return command{
		name: "top", args: "[FILTER]", status: topStatus, usage: "sockets on the whole screen, live", help: topHelp,
		options: slices.Concat(o.portOptions(), o.otherTableOptions(), o.familyOptions(), o.stateOptions(),
			o.topOwnerOptions(), o.noProcessesOption(), o.topOptions(), o.namespaceOptions(), o.backendOptions(),
			[]*option{o.eventSourceOption("who tells of what opens and closes between two listings: auto, poll (nobody); on Linux bpf", endSources)},
			helpOptions()),
		run: func(r *run, words []string) error { return r.top(o, words) },
	}
}

// topOwnerOptions are those of a listing but for the names of hosts: the screen does
// not wait for them.
func (o *options) topOwnerOptions() []*option {
	return used(without(o.ownerOptions(), "resolve", "numeric-hosts"),
		"numeric", "addresses and ports are numbers unless --services", "numeric-ports", "no names of services")
}

// topOptions say how the view begins.
func (o *options) topOptions() []*option {
	return append(o.columnOptions(),
		o.intervalOption("watch", "c", "[=SECONDS]", "list again every so many seconds, if not every second"),
		o.intervalOption("interval", "", "SECONDS", "the same: -c2 is --interval 2"),
		o.colorOption())
}

// top shows the view until its user quits.
func (r *run) top(o *options, words []string) error {
	if err := r.checkTop(); err != nil {
		return err
	}
	if err := r.begin(o); err != nil {
		return err
	}
	f, err := r.guessFilter(o, words)
	if err != nil {
		return err
	}
	b, err := r.openBackend(o)
	if err != nil {
		return err
	}
	b.compares = true
	v := &topView{run: r, o: o, b: b}
	if err := v.openEnds(); err != nil {
		return err
	}
	defer v.ends.close()
	if _, err := v.request(f); err != nil {
		return err
	}
	settings, err := v.settings(f, words)
	if err != nil {
		return err
	}
	takesTime(r.ctx) // to put the terminal back
	err = top.Run(r.ctx, settings, v.machine(), top.Terminal{In: r.In, Out: r.Out, Environ: os.Environ()}, func() { viewBegun(r.ctx) })
	if err != nil {
		return fmt.Errorf("the screen: %w", err)
	}
	return nil
}

// checkTop refuses what is no screen.
func (r *run) checkTop() error {
	const instead = ": sockeye --watch repeats a listing"
	switch {
	case !r.Terminal:
		return usagef("top needs a terminal, and standard output is none%s", instead)
	case !r.Asks:
		return usagef("top needs a terminal, and standard input is none%s", instead)
	case r.Plain || r.Getenv("TERM") == "dumb":
		return usagef("top needs a terminal that can be drawn on, and this one cannot%s", instead)
	}
	return nil
}

// topView is what the view asks of this machine, with the options of the command line.
type topView struct {
	*run
	o *options
	b backend
	// ends tell of what no listing shows; nil, and why, where nothing does.
	ends   *topEnds
	unseen string
}

// request is what to list for a filter: its tables, and all their states. Bound sockets
// take long to find and are listed if they are asked for.
func (v *topView) request(f *filter.Filter) (platform.Request, error) {
	usual := sock.AllStates &^ sock.States(sock.Bound)
	req, err := v.o.request(f, scope{tables{protocols: tcpAndUDP}, usual})
	if err != nil {
		return req, err
	}
	if err := v.b.fit(v.o, &req); err != nil {
		return req, err
	}
	states, explicit := f.States()
	if req.Query.States = v.o.states(usual); explicit {
		req.Query.States |= states & sock.States(sock.Bound)
	}
	return req, nil
}

// settings are how the view begins.
func (v *topView) settings(f *filter.Filter, words []string) (top.Settings, error) {
	q := sock.Query{States: sock.AllStates}
	shape, err := v.shape(v.o, q, v.b)
	if err != nil {
		return top.Settings{}, err
	}
	group := shape.Group
	fields := v.b.fields()
	shape.Format, shape.Group, shape.Rates = render.Table, nil, fields.Has(sock.FieldRates)
	host, _ := os.Hostname() // without a name the screen says so
	s := top.Settings{
		Host: host, Interval: cmp.Or(v.o.watch, usualInterval), Shape: shape, Facts: fields, Text: filterText(words), Filter: f, Group: -1,
		Unseen: v.unseen,
	}
	if v.o.noOwners() {
		s.Facts &^= sock.OwnerFields
	}
	if group != nil {
		s.Groups, s.Group = [][]*render.Column{group}, 0
	}
	for _, name := range []string{"process", "container", "netns", "remote_address", "state"} {
		c, err := render.LookupColumn(name)
		if err != nil {
			return s, err
		}
		if c.Needs&^s.Facts == 0 {
			s.Groups = append(s.Groups, []*render.Column{c})
		}
	}
	return s, nil
}

// filterText is the filter as it is shown and typed on. A word with a blank in it had
// quotes, which the shell has taken.
func filterText(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	quoted := slices.Clone(words)
	for i, word := range quoted {
		if strings.ContainsAny(word, " \t") && !strings.Contains(word, `"`) {
			quoted[i] = `"` + word + `"`
		}
	}
	return strings.Join(quoted, " ")
}

// machine is what the view may do here.
func (v *topView) machine() top.Machine {
	m := top.Machine{
		List: v.list, Parse: v.parse, Detail: v.detail, Export: v.export, Now: v.Now,
		Process: holdProcess, Signals: signals(runtime.GOOS), Doctor: v.doctor(),
	}
	if v.b.host.MayDestroy() && !v.o.noOwners() {
		m.Close = v.b.host.Destroy
	}
	if v.o.noOwners() {
		m.Process = nil
	}
	if v.ends != nil {
		m.Ends = v.ends.tell
	}
	return m
}

// list streams the sockets that the tables of a filter hold.
func (v *topView) list(ctx context.Context, f *filter.Filter, want sock.Field, each func(*sock.Socket)) (sock.Snapshot, error) {
	req, err := v.request(f)
	if err != nil {
		return sock.Snapshot{}, err
	}
	req.Filter = nil
	req.Query.Want, req.Ownerless = v.o.wants(want)&^sock.FieldEvent, v.o.noOwners()
	v.ends.follow(req.Query)
	listing := v.b.host.List(ctx, req)
	if err := v.eachListed(listing, each); err != nil {
		return sock.Snapshot{}, err
	}
	return listing.Snapshot(), ctx.Err()
}

// parse reads a filter that was typed.
func (v *topView) parse(text string, lookUp bool) (*filter.Filter, error) {
	env := v.filterEnv(v.o)
	if !lookUp {
		env.LookupHost = func(context.Context, string) ([]netip.Addr, error) { return nil, top.ErrUnresolved }
	}
	f, err := filter.Parse([]string{text}, env)
	if err == nil {
		f, err = v.andFile(v.o, f, env)
	}
	if err == nil {
		_, err = v.request(f)
	}
	return f, err
}

// detail lists one socket with all that can be known of it.
func (v *topView) detail(ctx context.Context, s *sock.Socket) (*sock.Socket, error) {
	req := platform.Request{Query: sock.Query{
		Protocols: sock.Protocols(s.Protocol), Families: sock.Families(sock.IPv4, sock.IPv6), States: sock.AllStates,
	}}
	var err error
	if s.Protocol.Inet() && s.Knows(sock.FieldLocal) && s.Local.Port() != 0 { // which the kernel then decides
		text := fmt.Sprintf("sport = :%d", s.Local.Port())
		if s.Knows(sock.FieldRemote) && s.Remote.Port() != 0 {
			text += fmt.Sprintf(" and dport = :%d", s.Remote.Port())
		}
		if req.Filter, err = filter.ParseText(text, filter.Env{}); err != nil {
			return nil, err
		}
	}
	req.Query.Want = v.o.wants(v.b.host.Fields())
	var found *sock.Socket
	for other, err := range v.b.host.List(ctx, req).Sockets {
		if err != nil {
			return nil, err
		}
		if sameSocket(s, other) {
			found = other.Clone()
			break
		}
	}
	return found, ctx.Err()
}

// sameSocket reports whether two readings, of which one knows more than the other, are
// of the same socket.
func sameSocket(a, b *sock.Socket) bool {
	x, y := *a, *b
	x.Known &= b.Known
	y.Known &= a.Known
	return change.IdentityOf(&x) == change.IdentityOf(&y)
}

// export writes what a filter matches to a new file.
func (v *topView) export(ctx context.Context, name string, f *filter.Filter) (n int, err error) {
	if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("%s exists", name)
	}
	req, err := v.request(f)
	if err != nil {
		return 0, err
	}
	shape := render.Options{Format: render.JSON}
	layout, err := shape.Layout()
	if err != nil {
		return 0, err
	}
	req.Query.Want = v.o.wants(layout.Needs() & v.b.fields() &^ sock.FieldEvent)
	file, err := createWhole(name)
	if err != nil {
		return 0, err
	}
	defer file.discard()
	listing := v.b.host.List(ctx, req)
	layout.Host, layout.GeneratedAt = listing.Snapshot().Host, listing.Snapshot().GeneratedAt
	out := render.New(file, layout)
	for s, err := range listing.Sockets {
		if err == nil {
			n++
			err = out.Socket(s)
		}
		if err != nil {
			return 0, err
		}
	}
	if err := out.Close(listing.Snapshot()); err != nil {
		return 0, err
	}
	return n, file.finish()
}

// signals are those that a system can send: of Windows, an end without notice.
func signals(system string) []top.Signal {
	kill := top.Signal{Key: "k", Name: "KILL", Number: int(syscall.SIGKILL)}
	if system == "windows" {
		return []top.Signal{kill}
	}
	return []top.Signal{
		{Key: "t", Name: "TERM", Number: int(syscall.SIGTERM)}, kill,
		{Key: "h", Name: "HUP", Number: int(syscall.SIGHUP)}, {Key: "i", Name: "INT", Number: int(syscall.SIGINT)},
	}
}

// heldProcess is a process by a handle of the system: a pidfd, where Linux has that,
// and a handle on Windows. Elsewhere it is the PID alone, and that it holds the socket
// is looked at right before.
type heldProcess struct{ *os.Process }

// holdProcess takes hold of a process that may be signalled.
func holdProcess(pid int) (top.Process, error) {
	if pid == os.Getpid() {
		return nil, errors.New("it is this program")
	}
	p, err := os.FindProcess(pid)
	if err != nil {
		return nil, err
	}
	if runtime.GOOS != "windows" { // where nothing but an end can be sent
		if err := p.Signal(syscall.Signal(0)); err != nil {
			return nil, errors.Join(err, p.Release())
		}
	}
	return heldProcess{p}, nil
}

func (p heldProcess) Signal(s top.Signal) error { return p.Process.Signal(syscall.Signal(s.Number)) }
