package platform

import (
	"context"
	"os/user"
	"runtime"
	"strconv"
	"strings"

	"github.com/shirou/gopsutil/v3/common"
	"github.com/shirou/gopsutil/v3/process"

	"sockeye/procnet"
	"sockeye/sock"
)

// factReader reads facts about processes through gopsutil, once for each
// process and only those that are wanted.
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

// inProc tells gopsutil where the proc file system is.
func inProc(ctx context.Context, env *sock.Environment) context.Context {
	return context.WithValue(ctx, common.EnvKey, common.EnvMap{common.HostProcEnvKey: env.Proc})
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
	facts := f.read(p.PID, want)
	if !same(p.PID) {
		return
	}
	p.Known |= facts.Known
	if facts.Known.Has(sock.FieldExe) {
		p.Exe = facts.Exe
	}
	if facts.Known.Has(sock.FieldCmdline) {
		p.Cmdline = facts.Cmdline
	}
	if facts.Known.Has(sock.FieldProcessUser) {
		p.UID, p.User = facts.UID, facts.User
	}
	if facts.Known.Has(sock.FieldStartedAt) {
		p.StartedAt = facts.StartedAt
	}
	if facts.Known.Has(sock.FieldContext) {
		p.Context = facts.Context
	}
	if facts.Known.Has(sock.FieldOrigin) {
		p.Parent, p.ParentName, p.Cwd = facts.Parent, facts.ParentName, facts.Cwd
	}
	p.Unit, p.Container = facts.Unit, facts.Container // nothing else gives them
}

// longestCmdline is how much of a command line is kept: as much as Linux takes for
// one argument (MAX_ARG_STRLEN). All arguments may have some MiB, in each of 1,000
// processes that share a socket.
const longestCmdline = 128 << 10

// read asks gopsutil. A fact that cannot be read (no permission, the process
// ended) stays unknown.
func (f *factReader) read(pid int, want sock.Field) sock.Process {
	var facts sock.Process
	ps := &process.Process{Pid: int32(pid)}
	if want.Has(sock.FieldExe) {
		if exe, err := ps.ExeWithContext(f.ctx); err == nil && exe != "" {
			facts.Exe, facts.Known = exe, facts.Known|sock.FieldExe
		}
	}
	if want.Has(sock.FieldCmdline) {
		if line, err := ps.CmdlineWithContext(f.ctx); err == nil && line != "" {
			if len(line) > longestCmdline {
				line = strings.Clone(line[:longestCmdline])
			}
			facts.Cmdline, facts.Known = line, facts.Known|sock.FieldCmdline
		}
	}
	if want.Has(sock.FieldProcessUser) {
		if uids, err := ps.UidsWithContext(f.ctx); err == nil && len(uids) > 1 {
			facts.UID = uint32(uids[1]) // real, effective, saved, file system
			facts.User = f.users.name(facts.UID)
			facts.Known |= sock.FieldProcessUser
		} else if name := windowsUser(f.ctx, ps); name != "" {
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
		f.place(pid, &facts)
	}
	return facts
}

// windowsUser returns the user of a process, as DOMAIN\name, on the system whose
// users have no number.
func windowsUser(ctx context.Context, ps *process.Process) string {
	if runtime.GOOS != "windows" {
		return ""
	}
	name, err := ps.UsernameWithContext(ctx)
	if err != nil {
		return ""
	}
	return name
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
