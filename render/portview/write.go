package portview

import (
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"sockeye/render"
	"sockeye/sock"
	"sockeye/sock/escape"
	"sockeye/sock/fact"
)

// maxNamed is how many clients or processes are named one by one.
const maxNamed = 8

const (
	indent     = "    "
	moreIndent = "        " // of what a line is continued with
)

// Options says how an answer is printed.
type Options struct {
	Now   time.Time // which ages are those at
	Width int       // of the terminal; 0: lines are not wrapped
}

// Write prints sockets that use a port, and the ports that the kernel forwards.
func Write(w io.Writer, sockets []*sock.Socket, forwards []sock.Forward, o Options) error {
	p := printer{Options: o}
	for i, g := range groups(sockets) {
		if i > 0 {
			p.WriteByte('\n')
		}
		p.group(g)
	}
	if len(sockets) > 0 && len(forwards) > 0 {
		p.WriteByte('\n')
	}
	p.forwards(forwards)
	_, err := w.Write(p.Bytes())
	return err
}

type printer struct {
	bytes.Buffer
	Options
}

// line prints a line below that of a port, wrapped with an indent.
func (p *printer) line(format string, args ...any) {
	p.WriteString(render.Wrap(indent+fmt.Sprintf(format, args...), p.Width, moreIndent) + "\n")
}

func (p *printer) group(g *group) {
	head := func(format string, args ...any) {
		fmt.Fprintf(p, "%d/%s  %s\n", g.port, g.protocol, fmt.Sprintf(format, args...))
	}
	for _, b := range g.blocks {
		head("%s%s", fact.LocalText(b.listeners[0]), b.facts())
		p.owners(b.listeners)
		p.clients(b)
	}
	if len(g.blocks) > 0 {
		if len(g.outgoing) > 0 {
			head("also used by %s", outgoingText(g.outgoing))
		}
	} else {
		for _, s := range g.outgoing {
			head("%s to %s, %s", fact.LocalText(s), fact.RemoteText(s), s.State)
			p.owners([]*sock.Socket{s})
			if here := peersOf([]*sock.Socket{s}); here != "" {
				p.line("connected with %s", here)
			}
		}
	}
	switch {
	case g.outgoingWait == 0:
	case len(g.blocks) == 0 && len(g.outgoing) > 0:
		p.line("%d in TIME_WAIT", g.outgoingWait)
	default:
		head("%s in TIME_WAIT, which no process holds", count(g.outgoingWait, "connection"))
	}
}

// outgoingText tells connections that merely have the port of a listener.
func outgoingText(connections []*sock.Socket) string {
	text := count(len(connections), "outgoing connection")
	if len(connections) == 1 {
		text = "an outgoing connection"
	}
	if all := holders(connections, nil); len(all) > 0 {
		return text + " of " + processNames(all)
	}
	return text + " to " + addressNames(addresses(connections))
}

// facts says what else there is about sockets without a peer.
func (b *block) facts() string {
	s := b.listeners[0]
	text := ""
	switch addr := s.Local.Addr(); {
	case addr == netip.IPv6Unspecified() && !s.Knows(sock.FieldV6Only):
		text = ", IPv6 and perhaps IPv4"
	case addr == netip.IPv6Unspecified() && s.V6Only:
		text = ", IPv6 only"
	case addr == netip.IPv6Unspecified():
		text = ", IPv4 and IPv6"
	case addr == netip.IPv4Unspecified():
		text = ", IPv4"
	}
	if n := len(b.listeners); n > 1 {
		text += fmt.Sprintf(", %d sockets", n)
	}
	switch s.State {
	case sock.Bound:
		text += ", bound, does not listen"
	case sock.Listen:
		text += b.queueText()
	}
	return text
}

// queueText tells how full the accept queues are, all together.
func (b *block) queueText() string {
	waiting, limit, limits := 0, 0, true
	for _, s := range b.listeners {
		if !s.Knows(sock.FieldRecvQueue) {
			return ""
		}
		waiting += int(s.RecvQueue)
		limit += int(s.Backlog)
		limits = limits && s.Knows(sock.FieldBacklog)
	}
	text := ", accept queue"
	if len(b.listeners) > 1 {
		text += "s"
	}
	if text += fmt.Sprintf(" %d", waiting); limits {
		text += fmt.Sprintf(" of %d", limit)
	}
	return text
}

// owners names the first holder of some sockets with what is known of it, and how
// many share them; holders with another name are named too.
func (p *printer) owners(sockets []*sock.Socket) {
	all := holders(sockets, nil)
	if len(all) == 0 {
		p.line("owner %s", missing(sockets[0]))
		return
	}
	first := all[0]
	var facts []string
	switch {
	case len(all) == 1:
	case len(sockets) == 1:
		facts = append(facts, fmt.Sprintf("%d processes share it", len(all)))
	default:
		facts = append(facts, fmt.Sprintf("%d processes hold them", len(all)))
	}
	p.process(indent, first, sockets[0], facts...)
	if text := behindText(sockets); text != "" {
		p.line("leads to %s", text)
	}
	var others []*sock.Process
	for _, other := range all[1:] {
		if other.Name != first.Name {
			others = append(others, other)
		}
	}
	if len(others) > 0 {
		p.line("shared with %s", processNames(others))
	}
}

// process tells what is known of the holder of a socket, and more facts behind.
func (p *printer) process(in string, holder *sock.Process, s *sock.Socket, more ...string) {
	text := in + processName(holder)
	if facts := append(processFacts(holder, p.Now), more...); len(facts) > 0 {
		text += "  " + strings.Join(facts, ", ")
	}
	p.WriteString(render.Wrap(text, p.Width, in+indent) + "\n")
	if holder.Known.Has(sock.FieldCmdline) && holder.Cmdline != "" {
		p.line("%s", escape.Text(holder.Cmdline))
	}
	if text := placeText(holder, s); text != "" {
		p.line("%s", text)
	}
}

// missing says in words why no owner is named.
func missing(s *sock.Socket) string {
	switch s.OwnerStatus {
	case sock.OwnerNotSearched:
		return "not searched"
	case sock.OwnerPermission:
		return "hidden from this user (permission)" + socketUser(s)
	case sock.OwnerKernel:
		return "is the kernel"
	case sock.OwnerExited:
		if s.Knows(sock.FieldCreator) {
			return exited(s)
		}
	}
	return "unknown " + fact.ReasonText(s)
}

// exited names a process that has ended, and who may have inherited its socket.
func exited(s *sock.Socket) string {
	text := fmt.Sprintf("%d has exited", s.CreatorPID)
	if len(s.CreatorChildren) > 0 {
		text += "; children of it that may hold the socket: " + processNames(processes(s.CreatorChildren))
	}
	return text
}

// socketUser is the user of the socket itself, which needs no permission.
func socketUser(s *sock.Socket) string {
	switch {
	case s.Knows(sock.FieldUser):
		return ", the socket is of " + escape.Text(s.User)
	case s.Knows(sock.FieldUID):
		return fmt.Sprintf(", the socket is of uid %d", s.UID)
	}
	return ""
}

func processName(p *sock.Process) string {
	return fmt.Sprintf("%s[%d]", escape.Text(p.Name), p.PID)
}

func processes(owners []sock.Owner) []*sock.Process {
	var all []*sock.Process
	for _, o := range owners {
		all = append(all, o.Process)
	}
	return all
}

func processNames(all []*sock.Process) string {
	var names []string
	for i, p := range all {
		if i == maxNamed {
			names = append(names, fmt.Sprintf("%d more", len(all)-i))
			break
		}
		names = append(names, processName(p))
	}
	return strings.Join(names, ", ")
}

func processFacts(p *sock.Process, now time.Time) []string {
	var facts []string
	switch {
	case !p.Known.Has(sock.FieldProcessUser):
	case p.User != "":
		facts = append(facts, escape.Text(p.User))
	default:
		facts = append(facts, fmt.Sprintf("uid %d", p.UID))
	}
	if p.Known.Has(sock.FieldStartedAt) {
		facts = append(facts, fmt.Sprintf("since %s (%s)",
			p.StartedAt.In(now.Location()).Format(time.DateTime), age(now.Sub(p.StartedAt))))
	}
	return facts
}

// clients tells who is connected to the listeners of a block.
func (p *printer) clients(b *block) {
	if len(b.clients) > 0 {
		text := count(len(b.clients), "client") + ": " + addressNames(addresses(b.clients))
		if n := b.waiting(); n > 0 {
			text += fmt.Sprintf("; %d not accepted yet", n)
		}
		p.line("%s", text)
		if here := peersOf(b.clients); here != "" {
			p.line("on this machine %s", here)
		}
		if others := holders(b.clients, b.listeners); len(others) > 0 {
			p.line("connections held by %s", processNames(others))
		}
	}
	if b.timeWait > 0 {
		p.line("%d in TIME_WAIT", b.timeWait)
	}
}

// addressNames names the addresses with the most connections.
func addressNames(all []counted) string { return countedNames(all, "more address") }

// countedNames names the first, and says how many more there are.
func countedNames(all []counted, more string) string {
	var named []string
	for i, a := range all {
		if i == maxNamed {
			named = append(named, count(len(all)-i, more))
			break
		}
		named = append(named, fmt.Sprintf("%s (%d)", a.text, a.n))
	}
	return strings.Join(named, ", ")
}

func count(n int, what string) string {
	switch {
	case n == 1:
		return "1 " + what
	case strings.HasSuffix(what, "s"):
		return fmt.Sprintf("%d %ses", n, what)
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// age is a duration in its two largest units.
func age(d time.Duration) string {
	seconds := int(d.Seconds())
	switch {
	case seconds < 0:
		return "0s"
	case seconds < 60:
		return fmt.Sprintf("%ds", seconds)
	case seconds < 3600:
		return fmt.Sprintf("%dm %ds", seconds/60, seconds%60)
	case seconds < 86400:
		return fmt.Sprintf("%dh %dm", seconds/3600, seconds/60%60)
	}
	return fmt.Sprintf("%dd %dh", seconds/86400, seconds/3600%24)
}
