package platform

import (
	"context"
	"os/user"
	"strconv"

	"sockeye/procnet"
	"sockeye/sock"
)

// factReader reads facts about processes, once for each process and only those that
// are wanted.
type factReader struct {
	ctx   context.Context
	env   *sock.Environment
	users *userNames
	asked map[*sock.Process]bool
	// place adds what the control group of a process tells; nil: that is not wanted.
	place func(pid int, facts *sock.Process)
}

func newFactReader(ctx context.Context, env *sock.Environment, users *userNames) *factReader {
	return &factReader{ctx: ctx, env: env, users: users, asked: map[*sock.Process]bool{}}
}

// fill adds the wanted facts to a process. The PID may have been given to
// another process since the owner was found: what was read is kept only if it
// was not, as same tells.
func (f *factReader) fill(p *sock.Process, want sock.Field, same func(pid int) bool) {
	want &= sock.ProcessFields | sock.FieldPlace
	if want == 0 || f.asked[p] {
		return
	}
	f.asked[p] = true
	facts := *p
	f.read(&facts, want)
	if same(p.PID) {
		*p = facts
	}
}

// read asks the system. A fact that cannot be read (no permission, the process
// ended) stays unknown.
func (f *factReader) read(facts *sock.Process, want sock.Field) {
	pid := facts.PID
	if want.Has(sock.FieldExe) {
		if exe, err := executable(f.ctx, f.env, pid); err == nil && exe != "" {
			facts.Exe, facts.Known = exe, facts.Known|sock.FieldExe
		}
	}
	if want.Has(sock.FieldCmdline) {
		if line, err := commandLine(f.ctx, f.env, pid); err == nil && line != "" {
			facts.Cmdline, facts.Known = line, facts.Known|sock.FieldCmdline
		}
	}
	if want.Has(sock.FieldProcessUser) {
		if uid, err := effectiveUID(f.ctx, f.env, pid); err == nil {
			facts.UID, facts.User = uid, f.users.name(uid)
			facts.Known |= sock.FieldProcessUser
		} else if name := nameOfUser(f.ctx, pid); name != "" {
			facts.UID, facts.User, facts.Known = sock.NoUID, name, facts.Known|sock.FieldProcessUser
		}
	}
	if want.Has(sock.FieldStartedAt) {
		if at, err := startedAt(f.ctx, f.env, pid); err == nil && at.Unix() > 0 {
			facts.StartedAt, facts.Known = at, facts.Known|sock.FieldStartedAt
		}
	}
	if want.Has(sock.FieldContext) && f.env.Proc != "" {
		if label := procnet.At(f.env.Proc).Label(pid); label != "" {
			facts.Context, facts.Known = label, facts.Known|sock.FieldContext
		}
	}
	if want.Has(sock.FieldOrigin) && f.env.Proc != "" {
		facts.Parent, facts.ParentName, facts.Cwd = procnet.At(f.env.Proc).Origin(pid)
		if facts.Parent != 0 || facts.Cwd != "" {
			facts.Known |= sock.FieldOrigin
		}
	}
	if f.place != nil && want&sock.FieldPlace != 0 {
		f.place(pid, facts)
	}
}

// userNames turns user IDs into names, asking the system once for each.
type userNames struct{ cache map[uint32]string }

// name returns the empty string for a user without a name.
func (u *userNames) name(uid uint32) string {
	if name, ok := u.cache[uid]; ok {
		return name
	}
	name := ""
	if found, err := user.LookupId(strconv.FormatUint(uint64(uid), 10)); err == nil {
		name = found.Username
	}
	if u.cache == nil {
		u.cache = map[uint32]string{}
	}
	u.cache[uid] = name
	return name
}
