package doctor

import (
	"fmt"
	"strings"
	"time"

	"sockeye/sock"
)

// What stands for the name of a process.
const (
	unknownProcess = "an unknown process"
	theKernel      = "the kernel"
)

// sentence begins a title with a capital letter, unless it begins with a name.
func sentence(title string) string {
	if strings.HasPrefix(title, unknownProcess) || strings.HasPrefix(title, theKernel) {
		return strings.ToUpper(title[:1]) + title[1:]
	}
	return title
}

// holder names the process that holds a socket, or what stands for it.
func holder(s *sock.Socket) string {
	if len(s.Owners) > 0 {
		return fmt.Sprintf("%s[%d]", s.Owners[0].Name, s.Owners[0].PID)
	}
	if s.OwnerStatus == sock.OwnerKernel {
		return theKernel
	}
	if s.Listener != nil {
		return fmt.Sprintf("%s[%d]", s.Listener.Name, s.Listener.PID)
	}
	return unknownProcess
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
func count(n int, noun string) string { return fmt.Sprintf("%d %s", n, verb(n, noun, noun+"s")) }

// verb is the word for one, or for several.
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
