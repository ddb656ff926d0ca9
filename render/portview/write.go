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
)

// maxNamed is how many clients or processes are named one by one.
const maxNamed = 8

const indent = "    "

// Write prints sockets that use a port, as they stand at the time now.
func Write(w io.Writer, sockets []*sock.Socket, now time.Time) error {
	var b bytes.Buffer
	for i, g := range groups(sockets) {
		if i > 0 {
			b.WriteByte('\n')
		}
		g.write(&b, now)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (g *group) write(b *bytes.Buffer, now time.Time) {
	for _, s := range g.listeners {
		fmt.Fprintf(b, "%d/%s  %s%s\n", g.port, g.protocol, render.LocalText(s), listenerFacts(s))
		writeOwners(b, s, now)
	}
	if len(g.listeners) > 0 {
		g.writeClients(b)
	} else {
		for _, s := range g.connected {
			fmt.Fprintf(b, "%d/%s  %s to %s, %s\n", g.port, g.protocol, render.LocalText(s), render.RemoteText(s), s.State)
			writeOwners(b, s, now)
		}
	}
	switch {
	case g.timeWait == 0:
	case len(g.listeners)+len(g.connected) > 0:
		fmt.Fprintf(b, "%s%d in TIME_WAIT\n", indent, g.timeWait)
	default:
		fmt.Fprintf(b, "%d/%s  %s in TIME_WAIT, which no process holds\n", g.port, g.protocol, count(g.timeWait, "connection"))
	}
}

// listenerFacts says what else there is about a socket without a peer.
func listenerFacts(s *sock.Socket) string {
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
	switch {
	case s.State == sock.Bound:
		text += ", bound, does not listen"
	case s.State == sock.Listen && s.Knows(sock.FieldRecvQueue|sock.FieldBacklog):
		text += fmt.Sprintf(", accept queue %d of %d", s.RecvQueue, s.Backlog)
	case s.State == sock.Listen && s.Knows(sock.FieldRecvQueue):
		text += fmt.Sprintf(", accept queue %d", s.RecvQueue)
	}
	return text
}

// writeOwners names the first holder with what is known of it, and how many
// share the socket; holders with another name are named too.
func writeOwners(b *bytes.Buffer, s *sock.Socket, now time.Time) {
	var all []*sock.Process
	for p := range s.PIDs {
		all = append(all, p)
	}
	if len(all) == 0 {
		fmt.Fprintf(b, "%sowner %s\n", indent, missing(s))
		return
	}
	first := all[0]
	line := indent + processName(first)
	facts := processFacts(first, now)
	if len(all) > 1 {
		facts = append(facts, fmt.Sprintf("%d processes share it", len(all)))
	}
	if len(facts) > 0 {
		line += "  " + strings.Join(facts, ", ")
	}
	fmt.Fprintln(b, line)
	if first.Known.Has(sock.FieldCmdline) {
		fmt.Fprintf(b, "%s%s\n", indent, render.Sanitize(first.Cmdline))
	}
	var others []*sock.Process
	for _, p := range all[1:] {
		if p.Name != first.Name {
			others = append(others, p)
		}
	}
	if len(others) > 0 {
		fmt.Fprintf(b, "%sshared with %s\n", indent, processNames(others))
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
	return "unknown " + render.ReasonText(s)
}

// exited names a process that has ended, and who may have inherited its socket.
func exited(s *sock.Socket) string {
	text := fmt.Sprintf("%d has exited", s.CreatorPID)
	if len(s.CreatorChildren) > 0 {
		text += "; children of it that may hold the socket: " + processNames(s.CreatorChildren)
	}
	return text
}

// socketUser is the user of the socket itself, which needs no permission.
func socketUser(s *sock.Socket) string {
	switch {
	case s.Knows(sock.FieldUser):
		return ", the socket is of " + render.Sanitize(s.User)
	case s.Knows(sock.FieldUID):
		return fmt.Sprintf(", the socket is of uid %d", s.UID)
	}
	return ""
}

func processName(p *sock.Process) string {
	return fmt.Sprintf("%s[%d]", render.Sanitize(p.Name), p.PID)
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
		facts = append(facts, render.Sanitize(p.User))
	default:
		facts = append(facts, fmt.Sprintf("uid %d", p.UID))
	}
	if p.Known.Has(sock.FieldStartedAt) {
		facts = append(facts, fmt.Sprintf("since %s (%s)",
			p.StartedAt.In(now.Location()).Format(time.DateTime), age(now.Sub(p.StartedAt))))
	}
	return facts
}

func (g *group) writeClients(b *bytes.Buffer) {
	if len(g.connected) == 0 {
		return
	}
	var named []string
	all := g.clients()
	for i, c := range all {
		if i == maxNamed {
			named = append(named, count(len(all)-i, "more address"))
			break
		}
		named = append(named, fmt.Sprintf("%s (%d)", c.addr, c.n))
	}
	line := fmt.Sprintf("%s%s: %s", indent, count(len(g.connected), "client"), strings.Join(named, ", "))
	if n := g.waiting(); n > 0 {
		line += fmt.Sprintf("; %d not accepted yet", n)
	}
	fmt.Fprintln(b, line)
	if others := g.others(); len(others) > 0 {
		fmt.Fprintf(b, "%sconnections held by %s\n", indent, processNames(others))
	}
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
