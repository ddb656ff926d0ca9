package cli

import (
	"fmt"
	"os"
	"runtime"

	"sockeye/platform"
	"sockeye/sock"
)

// hidden reports whether a process that is not seen may hold a socket.
func hidden(s *sock.Socket) bool {
	return s.OwnerStatus == sock.OwnerPermission || s.OwnerStatus == sock.OwnerNotSearched
}

// special says why a process is ended only on a word for it; empty for most.
func special(p *sock.Process) string {
	switch {
	case p.PID == os.Getpid():
		return "this process"
	case p.PID == 1 && runtime.GOOS != "windows":
		return "the first process, on which all others depend"
	case platform.IsProxy(p.Name):
		return "a proxy in front of a container: to end what is behind it, stop the container"
	}
	return ""
}

// consent asks, or refuses where nobody can be asked.
func (e *ending) consent() error {
	var plain, guarded []*target
	for _, t := range e.targets {
		switch {
		case t.result != "" || t.process.PID == os.Getpid():
		case t.special != "":
			guarded = append(guarded, t)
		default:
			plain = append(plain, t)
		}
	}
	if e.o.yes {
		return nil
	}
	if !e.Asks {
		if len(guarded) > 0 {
			return usagef("%s is %s; --yes ends it all the same", guarded[0].name(), guarded[0].special)
		}
		return usagef("kill asks first, and standard input is no terminal: --yes ends processes without a question")
	}
	if len(plain) > 0 && !e.agreeTo(plain) {
		refuse(plain)
	}
	for _, t := range guarded {
		if !e.agree("end " + t.described() + ": it is " + t.special) {
			refuse([]*target{t})
		}
	}
	return e.confirm() // an answer may take hours
}

// agreeTo asks whether some processes are to be ended.
func (e *ending) agreeTo(all []*target) bool {
	if len(all) == 1 {
		return e.agree("end " + all[0].described())
	}
	for _, t := range all {
		e.say("%s", t.described())
	}
	return e.agree(fmt.Sprintf("end these %d processes", len(all)))
}

func refuse(all []*target) {
	for _, t := range all {
		t.result = resultSpared
	}
}
