package portable

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"sockeye/sock"
)

// program is a program of the system that lists sockets.
type program struct {
	name      string
	arguments func(kind string) []string
	read      func(io.Reader) (answer, error)
	// noneIsStatus1: it ends with status 1 and no word where one of the things
	// that it was asked for has no match.
	noneIsStatus1 bool
}

var (
	lsof    = &program{name: "lsof", arguments: lsofArguments, read: readLsof, noneIsStatus1: true}
	netstat = &program{name: "netstat", arguments: netstatArguments, read: readNetstat}
)

// gather runs the program and reads what it prints. A program that is missing,
// or that failed and printed nothing, is an error: that nothing is listed is said
// only where the program said so. One that printed something and failed has told
// a part, which is counted as not understood.
func (p *program) gather(ctx context.Context, _ *sock.Environment, kind string) (answer, error) {
	cmd := exec.CommandContext(ctx, p.name, p.arguments(kind)...)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	var complaint shortText
	cmd.Stderr = &complaint
	out, err := cmd.StdoutPipe()
	if err != nil {
		return answer{}, err
	}
	if err := cmd.Start(); err != nil {
		return answer{}, err
	}
	a, readErr := p.read(out)
	_, _ = io.Copy(io.Discard, out) // so that it can end
	failed := cmd.Wait()
	switch {
	case readErr != nil:
		return a, fmt.Errorf("%s: %w", p.name, readErr)
	case failed == nil:
		return a, nil
	case p.noneIsStatus1 && complaint.Len() == 0 && exitStatus(failed) == 1:
		return a, nil
	case len(a.connections) > 0:
		a.skip(p.failure(failed, complaint.String()))
		return a, nil
	}
	return a, p.failure(failed, complaint.String())
}

func exitStatus(err error) int {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	return -1
}

func (p *program) failure(err error, complaint string) error {
	first, _, _ := strings.Cut(strings.TrimSpace(complaint), "\n")
	if first == "" {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	return fmt.Errorf("%s: %w: %s", p.name, err, first)
}

// shortText keeps the first 4 KiB that are written.
type shortText struct{ bytes.Buffer }

func (s *shortText) Write(b []byte) (int, error) {
	if room := 4<<10 - s.Len(); room > 0 {
		s.Buffer.Write(b[:min(room, len(b))])
	}
	return len(b), nil
}
