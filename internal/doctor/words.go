package doctor

import (
	"fmt"
	"time"

	"sockeye/sock"
)

// holder names the process that holds a socket, or says why none is known.
func holder(s *sock.Socket) string {
	if len(s.Owners) > 0 {
		return fmt.Sprintf("%s[%d]", s.Owners[0].Name, s.Owners[0].PID)
	}
	if s.Listener != nil {
		return fmt.Sprintf("%s[%d]", s.Listener.Name, s.Listener.PID)
	}
	return "a process that is not known"
}

// holderPID tells processes apart.
func holderPID(s *sock.Socket) int {
	if len(s.Owners) > 0 {
		return s.Owners[0].PID
	}
	return 0
}

// tryProcess is the command that shows sockets of a process, where it is known; else the
// one of all.
func tryProcess(pid int, words, all string) string {
	if pid == 0 {
		return "sockeye " + all
	}
	return fmt.Sprintf("sockeye process %d %s", pid, words)
}

// count is a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// verb is the verb of so many sockets.
func verb(n int, one, several string) string {
	if n == 1 {
		return one
	}
	return several
}

// span is a time for people: 2h 11m, 40s.
func span(d time.Duration) string {
	switch {
	case d >= time.Hour:
		return fmt.Sprintf("%dh %dm", d/time.Hour, d%time.Hour/time.Minute)
	case d >= time.Minute:
		return fmt.Sprintf("%dm %ds", d/time.Minute, d%time.Minute/time.Second)
	}
	return fmt.Sprintf("%.1fs", d.Seconds())
}
