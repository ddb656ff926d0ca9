package render

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"sockeye/sock"
)

// joinedColumns are those that are no member of a socket in JSON.
var joinedColumns = []*Column{
	{
		Name: "local", Header: "LOCAL", least: 18,
		Needs:   sock.FieldLocal | sock.FieldPath | sock.FieldInterface | sock.FieldV6Only,
		Members: []string{"local_address", "local_port", "interface", "v6only", "local_path", "abstract"},
		cell:    (*texts).appendLocal, known: hasLocal, order: compareLocal,
	},
	{
		Name: "remote", Header: "REMOTE", least: 16,
		Needs:   sock.FieldRemote | sock.FieldPeerPath | sock.FieldPeerInode | sock.FieldInterface,
		Members: []string{"remote_address", "remote_port", "peer_path", "peer_abstract", "peer_inode"},
		cell:    (*texts).appendRemote, known: hasRemote, order: compareRemote,
	},
	{
		Name: "owner", Header: "OWNER", Needs: sock.FieldOwners, Members: []string{"owners", "owner_status"}, cut: true,
		cell: appendOwners, style: processStyle,
		known: func(s *sock.Socket) bool { return firstOwner(s) != nil },
		order: func(a, b *sock.Socket) int {
			return cmp.Or(cmp.Compare(a.Owners[0].Name, b.Owners[0].Name), cmp.Compare(a.Owners[0].PID, b.Owners[0].PID))
		},
	},
	processColumn("exe", sock.FieldExe, func(p *sock.Process) string { return p.Exe }),
	processColumn("cmdline", sock.FieldCmdline, func(p *sock.Process) string { return p.Cmdline }),
	processColumn("process_user", sock.FieldProcessUser, func(p *sock.Process) string { return p.User }),
	{
		Name: "started_at", Header: "STARTED", Needs: sock.FieldOwners | sock.FieldStartedAt, Members: []string{"owners"},
		known: func(s *sock.Socket) bool { return knowsOfOwner(s, sock.FieldStartedAt) },
		cell: func(_ *texts, dst []byte, s *sock.Socket) []byte {
			if !knowsOfOwner(s, sock.FieldStartedAt) {
				return dst
			}
			return s.Owners[0].StartedAt.UTC().AppendFormat(dst, time.RFC3339)
		},
		order: func(a, b *sock.Socket) int { return a.Owners[0].StartedAt.Compare(b.Owners[0].StartedAt) },
	},
}

// processColumn is a fact of the first owner.
func processColumn(name string, field sock.Field, get func(*sock.Process) string) *Column {
	known := func(s *sock.Socket) bool { return knowsOfOwner(s, field) && get(s.Owners[0].Process) != "" }
	return &Column{
		Name: name, Header: strings.ToUpper(strings.ReplaceAll(name, "_", "-")), Needs: sock.FieldOwners | field, Members: []string{"owners"}, cut: true,
		known: known,
		text:  func(s *sock.Socket) string { return get(s.Owners[0].Process) },
		cell: func(_ *texts, dst []byte, s *sock.Socket) []byte {
			if !known(s) {
				return dst
			}
			return AppendText(dst, get(s.Owners[0].Process))
		},
		order: func(a, b *sock.Socket) int {
			return cmp.Compare(get(a.Owners[0].Process), get(b.Owners[0].Process))
		},
	}
}

func knowsOfOwner(s *sock.Socket, field sock.Field) bool {
	p := firstOwner(s)
	return p != nil && p.Known.Has(field)
}

// firstOwner returns the process that stands for the owners, or nil.
func firstOwner(s *sock.Socket) *sock.Process {
	if !s.Knows(sock.FieldOwners) || len(s.Owners) == 0 {
		return nil
	}
	return s.Owners[0].Process
}

// appendProcess shows the first owner and how many other processes share the
// socket: "node (+3)". Without an owner it says why there is none.
func appendProcess(_ *texts, dst []byte, s *sock.Socket) []byte {
	p := firstOwner(s)
	if p == nil {
		return appendReason(dst, s)
	}
	dst = appendName(dst, p)
	others := -1
	for range s.PIDs {
		others++
	}
	if others > 0 {
		dst = append(dst, " (+"...)
		dst = strconv.AppendInt(dst, int64(others), 10)
		dst = append(dst, ')')
	}
	return dst
}

func appendReason(dst []byte, s *sock.Socket) []byte {
	switch {
	case s.OwnerStatus == sock.OwnerAcceptQueue && s.Listener != nil && s.Listener.Name != "":
		dst = append(dst, "(accept queue of "...)
		dst = AppendText(dst, s.Listener.Name)
		return append(dst, ')')
	case s.OwnerStatus == sock.OwnerExited && s.CreatorPID > 0:
		return appendExited(dst, s)
	}
	return append(dst, reasons[s.OwnerStatus&15]...)
}

// appendExited names the process that bound the socket, and the first of those
// that may have inherited it: "(4242 exited, its child node[4711] (+1))".
func appendExited(dst []byte, s *sock.Socket) []byte {
	dst = append(dst, '(')
	dst = strconv.AppendInt(dst, int64(s.CreatorPID), 10)
	dst = append(dst, " exited"...)
	if n := len(s.CreatorChildren); n > 0 {
		dst = append(dst, ", its child "...)
		dst = appendProcessID(dst, s.CreatorChildren[0])
		if n > 1 {
			dst = append(dst, " (+"...)
			dst = strconv.AppendInt(dst, int64(n-1), 10)
			dst = append(dst, ')')
		}
	}
	return append(dst, ')')
}

func processStyle(s *sock.Socket) style {
	if firstOwner(s) == nil {
		return dim
	}
	return plain
}

// appendOwners shows every process that holds the socket: "node[7],node[9]".
func appendOwners(_ *texts, dst []byte, s *sock.Socket) []byte {
	if firstOwner(s) == nil {
		return appendReason(dst, s)
	}
	start := len(dst)
	for p := range s.PIDs {
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = appendProcessID(dst, p)
	}
	return dst
}

// appendName shows the name of a process; one that could not be read as ?.
func appendName(dst []byte, p *sock.Process) []byte {
	if p.Name == "" {
		return append(dst, '?')
	}
	return AppendText(dst, p.Name)
}

func appendProcessID(dst []byte, p *sock.Process) []byte {
	dst = appendName(dst, p)
	dst = append(dst, '[')
	dst = strconv.AppendInt(dst, int64(p.PID), 10)
	return append(dst, ']')
}
