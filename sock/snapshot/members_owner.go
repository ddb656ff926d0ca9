package snapshot

import (
	"cmp"
	"strconv"
	"time"

	"sockeye/sock"
)

var ownerMembers = [...]Member{
	{
		Name: "pid", Kind: Integer, Needs: sock.FieldOwners,
		has: hasOwner,
		num: func(s *sock.Socket) uint64 { return uint64(s.Owners[0].PID) },
	},
	{
		Name: "process", Needs: sock.FieldOwners,
		has:  func(s *sock.Socket) bool { return hasOwner(s) && s.Owners[0].Name != "" },
		text: func(s *sock.Socket) string { return s.Owners[0].Name },
	},
	{
		Name: "owners", Kind: Array, Needs: sock.FieldOwners, Wants: sock.ProcessFields | sock.FieldService,
		Parts: []Member{
			{Name: "pid", Kind: Integer}, {Name: "process"}, {Name: "fd", Kind: Integer},
			{Name: "tid", Kind: Integer}, {Name: "service"}, {Name: "exe"}, {Name: "cmdline"}, {Name: "uid", Kind: Integer},
			{Name: "user"}, {Name: "started_at"},
		},
		json: appendOwners,
	},
	{
		Name: "owner_status", Wants: sock.FieldOwners,
		word:  func(dst []byte, s *sock.Socket) []byte { return append(dst, s.OwnerStatus.String()...) },
		order: func(a, b *sock.Socket) int { return cmp.Compare(a.OwnerStatus, b.OwnerStatus) },
	},
	{
		Name: "listener_pid", Kind: Integer, Needs: sock.FieldOwners,
		has: func(s *sock.Socket) bool { return s.Listener != nil },
		num: func(s *sock.Socket) uint64 { return uint64(s.Listener.PID) },
	},
	{
		Name: "listener_process", Needs: sock.FieldOwners,
		has:  func(s *sock.Socket) bool { return s.Listener != nil && s.Listener.Name != "" },
		text: func(s *sock.Socket) string { return s.Listener.Name },
	},
	{
		Name: "creator_pid", Kind: Integer, Needs: sock.FieldOwners | sock.FieldCreator,
		num: func(s *sock.Socket) uint64 { return uint64(s.CreatorPID) },
	},
	{
		Name: "creator_children", Kind: Array, Needs: sock.FieldOwners | sock.FieldCreator,
		Parts: []Member{{Name: "pid", Kind: Integer}, {Name: "process"}},
		json:  appendCreatorChildren,
	},
}

// appendCreatorChildren writes the children of a process that has ended. The
// list is empty if none lives.
func appendCreatorChildren(dst []byte, s *sock.Socket) []byte {
	dst = append(dst, '[')
	for i, p := range s.CreatorChildren {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"pid":`...)
		dst = strconv.AppendInt(dst, int64(p.PID), 10)
		if p.Name != "" {
			dst = append(dst, `,"process":`...)
			dst = AppendString(dst, p.Name)
		}
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

func hasOwner(s *sock.Socket) bool { return len(s.Owners) > 0 && s.Owners[0].Process != nil }

// appendOwners writes every holder. The list is empty if the search found none;
// owner_status says why.
func appendOwners(dst []byte, s *sock.Socket) []byte {
	dst = append(dst, '[')
	start := len(dst)
	for i := range s.Owners {
		o := &s.Owners[i]
		if o.Process == nil {
			continue
		}
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"pid":`...)
		dst = strconv.AppendInt(dst, int64(o.PID), 10)
		if o.Name != "" {
			dst = append(dst, `,"process":`...)
			dst = AppendString(dst, o.Name)
		}
		if o.FD != sock.NoFD {
			dst = append(dst, `,"fd":`...)
			dst = strconv.AppendInt(dst, int64(o.FD), 10)
		}
		if o.TID != 0 {
			dst = append(dst, `,"tid":`...)
			dst = strconv.AppendInt(dst, int64(o.TID), 10)
		}
		if o.Service != "" {
			dst = append(dst, `,"service":`...)
			dst = AppendString(dst, o.Service)
		}
		dst = appendProcessFacts(dst, o.Process)
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

func appendProcessFacts(dst []byte, p *sock.Process) []byte {
	if p.Known.Has(sock.FieldExe) && p.Exe != "" {
		dst = append(dst, `,"exe":`...)
		dst = AppendString(dst, p.Exe)
	}
	if p.Known.Has(sock.FieldCmdline) && p.Cmdline != "" {
		dst = append(dst, `,"cmdline":`...)
		dst = AppendString(dst, p.Cmdline)
	}
	if p.Known.Has(sock.FieldProcessUser) {
		if p.UID != sock.NoUID {
			dst = append(dst, `,"uid":`...)
			dst = strconv.AppendUint(dst, uint64(p.UID), 10)
		}
		if p.User != "" {
			dst = append(dst, `,"user":`...)
			dst = AppendString(dst, p.User)
		}
	}
	if p.Known.Has(sock.FieldStartedAt) && !p.StartedAt.IsZero() {
		dst = append(dst, `,"started_at":`...)
		dst = appendTime(dst, p.StartedAt)
	}
	return dst
}

// appendTime writes RFC 3339 in UTC, with as many decimals as there are.
func appendTime(dst []byte, t time.Time) []byte {
	dst = append(dst, '"')
	dst = t.UTC().AppendFormat(dst, time.RFC3339Nano)
	return append(dst, '"')
}
