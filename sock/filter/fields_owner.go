package filter

import (
	"strings"
	"time"

	"sockeye/sock"
)

// commLength is the longest name of a process on Linux: TASK_COMM_LEN of
// linux/sched.h without the NUL.
const commLength = 15

// ownerFields are the facts about the processes that hold a socket.
var ownerFields = []Field{
	{Name: "pid", Kind: KindNumber, Needs: sock.FieldOwners, PerOwner: true,
		Doc: "process that holds the socket", Example: "pid in (812, 4242)",
		ownerNumber: func(o *sock.Owner, _ func() time.Time) (uint64, bool) {
			return uint64(o.PID), o.PID > 0
		}},
	{Name: "process", Aliases: []string{"comm", "proc"}, Kind: KindText, Needs: sock.FieldOwners, PerOwner: true,
		Doc: "name of the process", Example: "process = nginx",
		ownerText: func(o *sock.Owner) (string, bool) { return o.Name, true }, equal: equalComm},
	{Name: "fd", Kind: KindNumber, Needs: sock.FieldOwners, PerOwner: true,
		Doc: "descriptor of the socket in the process", Example: "fd <= 2",
		ownerNumber: func(o *sock.Owner, _ func() time.Time) (uint64, bool) {
			return uint64(o.FD), o.FD >= 0
		}},
	{Name: "tid", Kind: KindNumber, Needs: sock.FieldOwners, PerOwner: true,
		Doc: "thread whose own file table holds the socket", Example: "tid > 0",
		ownerNumber: func(o *sock.Owner, _ func() time.Time) (uint64, bool) {
			return uint64(o.TID), o.TID > 0
		}},
	{Name: "owner_status", Aliases: []string{"owner"}, Kind: KindName, Needs: sock.FieldOwners,
		Values: ownerStatuses(),
		Doc:    "whether the owner is known, or why not", Example: "owner_status != known",
		// It is always known: a socket whose owners are not is not searched.
		number: func(s *sock.Socket) (uint64, bool) { return uint64(s.OwnerStatus), true }},
	{Name: "listener_pid", Kind: KindNumber, Needs: sock.FieldOwners,
		Doc: "process that has yet to accept the connection", Example: "listener_pid = 812",
		number: func(s *sock.Socket) (uint64, bool) {
			if s.Known&sock.FieldOwners == 0 || s.Listener == nil {
				return 0, false
			}
			return uint64(s.Listener.PID), true
		}},
	{Name: "listener_process", Kind: KindText, Needs: sock.FieldOwners,
		Doc: "name of that process", Example: "listener_process = nginx",
		text: func(s *sock.Socket) (string, bool) {
			if s.Known&sock.FieldOwners == 0 || s.Listener == nil {
				return "", false
			}
			return s.Listener.Name, true
		}, equal: equalComm},
	{Name: "creator_pid", Kind: KindNumber, Needs: sock.FieldOwners | sock.FieldCreator,
		Doc: "process that bound the socket and has ended", Example: "creator_pid = 812",
		number: func(s *sock.Socket) (uint64, bool) {
			return uint64(s.CreatorPID), s.Knows(sock.FieldCreator)
		}},
	{Name: "exe", Kind: KindText, Needs: sock.FieldOwners | sock.FieldExe, PerOwner: true,
		Doc: "program file of the process", Example: "exe = /usr/sbin/nginx",
		ownerText: func(o *sock.Owner) (string, bool) { return o.Exe, o.Known&sock.FieldExe != 0 }},
	{Name: "cmdline", Aliases: []string{"args", "command"}, Kind: KindText, Needs: sock.FieldOwners | sock.FieldCmdline, PerOwner: true,
		Doc: "command line of the process", Example: "cmdline ~ /--config/",
		ownerText: func(o *sock.Owner) (string, bool) { return o.Cmdline, o.Known&sock.FieldCmdline != 0 }},
	{Name: "process_user", Aliases: []string{"puser", "owner_user"}, Kind: KindText, Needs: sock.FieldOwners | sock.FieldProcessUser, PerOwner: true,
		Doc: "user that the process runs as", Example: "process_user = root",
		ownerText: func(o *sock.Owner) (string, bool) { return o.User, o.Known&sock.FieldProcessUser != 0 }},
	{Name: "process_uid", Aliases: []string{"puid", "owner_uid"}, Kind: KindNumber, Needs: sock.FieldOwners | sock.FieldProcessUser, PerOwner: true,
		Doc: "number of the user that the process runs as", Example: "process_uid < 1000",
		ownerNumber: func(o *sock.Owner, _ func() time.Time) (uint64, bool) {
			return uint64(o.UID), o.Known&sock.FieldProcessUser != 0
		}},
	{Name: "started_at", Aliases: []string{"started"}, Kind: KindTime, Needs: sock.FieldOwners | sock.FieldStartedAt, PerOwner: true,
		Doc: "when the process started", Example: "started_at >= 2026-11-20",
		ownerNumber: func(o *sock.Owner, _ func() time.Time) (uint64, bool) {
			return unixNano(o.StartedAt), o.Known&sock.FieldStartedAt != 0
		}},
	{Name: "age", Kind: KindDuration, Needs: sock.FieldOwners | sock.FieldStartedAt, PerOwner: true, unit: time.Nanosecond, bare: time.Second,
		Doc: "how long the process has run", Example: "age < 2h",
		ownerNumber: func(o *sock.Owner, now func() time.Time) (uint64, bool) {
			if o.Known&sock.FieldStartedAt == 0 {
				return 0, false
			}
			return uint64(max(now().Sub(o.StartedAt), 0)), true
		}},
}

// ownerStatuses returns the names in the order of the constants.
func ownerStatuses() []string {
	var names []string
	for st := range sock.OwnerStatuses {
		names = append(names, st.String())
	}
	return names
}

// unixNano is t in nanoseconds since 1970, 0 for what was before. It ends in
// 2262, which [time.Time.UnixNano] says nothing about.
func unixNano(t time.Time) uint64 {
	sec := t.Unix()
	if sec < 0 {
		return 0
	}
	if sec >= maxUnix {
		return maxUnix * uint64(time.Second)
	}
	return uint64(sec)*uint64(time.Second) + uint64(t.Nanosecond())
}

// maxUnix is the last second that nanoseconds are counted to.
const maxUnix = 1 << 33

// equalComm compares names of processes. Those of Windows programs match in any
// case, with or without .exe. Linux keeps 15 bytes of a name, so a longer operand
// means what is left of it.
func equalComm(name, operand string) bool {
	if program, ok := sock.WindowsProgram(name); ok {
		word, _ := sock.WindowsProgram(operand)
		return strings.EqualFold(program, word)
	}
	if len(operand) > commLength && len(name) == commLength {
		operand = operand[:commLength]
	}
	return name == operand
}
