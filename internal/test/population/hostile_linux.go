package population

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// HostileComms are names of processes (at most 15 bytes, as the kernel keeps
// them) that harm a terminal, a script or a parser that prints them as they are.
var HostileComms = []string{
	"\x1b[31mred\x1b[0m",  // escape sequences
	"two\nlines\tcol",     // a row and a column of its own
	"\u202egpj.exe",       // U+202E, right-to-left override
	"bad\xff\xc0\xfeutf8", // no UTF-8
	"a\"),(\"b\",pid=1",   // the syntax of ss's users:((...))
	"{{.}},\r\u009b2J",    // a template, a carriage return, CSI in one character
	"",                    // no name at all
}

// HostileNames are abstract names of unix sockets with the same intent.
var HostileNames = []string{
	"\x00esc\x1b]0;title\a",
	"\x00new\nline tcp LISTEN 0 0 *:22",
	"\x00rtl\u202egpj.exe",
	"\x00bytes\xff\xfe\x80",
	"\x00blank  =\"quoted\",comma\ttab",
}

type listenArgs struct {
	Comm  []byte // []byte, because JSON text holds no arbitrary bytes
	Names [][]byte
}

// Hostile makes, for each of [HostileComms], a process of that name that holds
// a TCP listener; the first also holds listeners of [HostileNames].
func Hostile() (*Set, error) {
	set := &Set{}
	for i, comm := range HostileComms {
		args := listenArgs{Comm: []byte(comm)}
		if i == 0 {
			for _, name := range HostileNames {
				args.Names = append(args.Names, []byte(name))
			}
		}
		var made []Made
		h, err := startHelper("listen", args, &made)
		if err != nil {
			return nil, errors.Join(err, set.Close())
		}
		set.Made = append(set.Made, made...)
		set.closers = append(set.closers, h.Stop)
	}
	return set, nil
}

// listenRole takes a name and listens.
func listenRole(encoded json.RawMessage, _ <-chan struct{}) (any, error) {
	var args listenArgs
	if err := json.Unmarshal(encoded, &args); err != nil {
		return nil, err
	}
	// proc_pid_comm(5): of the process, where prctl(PR_SET_NAME) names one thread.
	if err := writeComm(args.Comm); err != nil {
		return nil, err
	}
	b := &builder{Set: &Set{}}
	b.listener("listener of a hostile name", unix.AF_INET, "127.0.0.1", "", 2)
	for _, name := range args.Names {
		fd := b.unixBound(unix.SOCK_STREAM, string(name))
		b.listen(fd, 2)
		b.note("listener with a hostile name", fd, Unix, Listen)
	}
	return b.Made, b.err
}

func writeComm(comm []byte) error {
	// A write of no bytes never reaches the kernel's file; one NUL is no name.
	if len(comm) == 0 {
		comm = []byte{0}
	}
	if err := os.WriteFile("/proc/self/comm", comm, 0); err != nil {
		return fmt.Errorf("set the name of the process: %w", err)
	}
	return nil
}
