// Package cli is the command line: options, commands, messages, exit status.
package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	ucli "github.com/urfave/cli/v2"

	"sockeye/platform"
	"sockeye/sock"
	"sockeye/sock/snapshot"
)

// The exit statuses, like grep's.
const (
	exitMatched = 0 // something matched
	exitNothing = 1 // nothing matched
	exitUsage   = 2 // a mistake in the options or the filter
	exitFailed  = 3 // the answer could not be read or written, or with --strict is incomplete

	exitInterrupted = 130 // as a shell says of what SIGINT ended
	exitTerminated  = 143 // and SIGTERM
)

// IO is what the program talks to.
type IO struct {
	In       io.Reader
	Out, Err io.Writer
	// Terminal reports that Out is a terminal. Width is the number of its columns, or
	// those that the environment says a pipe has (COLUMNS); 0 if it says none.
	Terminal bool
	Width    int
	// Plain reports that Out is a terminal that shows escape sequences as they are.
	Plain bool
	// Asks reports that In is a terminal, at which someone can answer.
	Asks bool
	// Getenv is os.Getenv but in tests.
	Getenv func(string) string
	// Now is time.Now but in tests.
	Now func() time.Time
	// After is time.After but in tests.
	After func(time.Duration) <-chan time.Time
	// Spent is how much time of processors this process has taken; nil: nobody knows.
	Spent func() time.Duration
	// Size returns the columns and lines of the terminal that Out is.
	Size func() (width, height int)
}

// run is one call of the program.
type run struct {
	IO
	status  int
	input   *input        // of --from; nil without it
	answers *bufio.Reader // In, if questions are asked
	ctx     context.Context
	// machine is this machine, nil until it is asked for.
	machine *platform.Host
}

// Main runs the program with the words after its name and returns its exit
// status.
func Main(ctx context.Context, words []string, streams IO) int {
	r := &run{IO: streams, ctx: ctx}
	defer func() {
		if r.machine != nil {
			r.machine.Close()
		}
	}()
	switch err := r.main(words); {
	case ctx.Err() != nil:
		return statusOf(ctx) // whatever failed for that reason
	case err != nil:
		r.fail(err)
	}
	return r.status
}

func (r *run) main(words []string) error {
	all := commands(&options{})
	l, err := spellingsOf(all).arrange(words)
	if err != nil {
		if meant := lsofLine(words); meant != "" {
			return usagef("these are options of lsof, did you mean %s?", meant)
		}
		return err
	}
	chosen := choose(all, &l)
	switch {
	case l.has("help"):
		return r.print(helpText(chosen, runtime.GOOS))
	case l.has("version"):
		return r.print(versionText())
	}
	if words, err = l.words(chosen); err != nil {
		return err
	}
	return library(r, chosen, &l).RunContext(r.ctx, words)
}

// library is the program as the library knows it: the command that was chosen, with the
// options that were typed, since it goes through all that it is given many times.
func library(r *run, chosen command, l *line) *ucli.App {
	return &ucli.App{
		Name:           "sockeye",
		HideHelp:       true,
		HideVersion:    true,
		Writer:         r.Out,
		ErrWriter:      r.Err,
		ExitErrHandler: func(*ucli.Context, error) {}, // the status is ours to set
		Commands:       []*ucli.Command{chosen.library(r, l)},
	}
}

// sleep waits for a time, unless the context ends before.
func (r *run) sleep(d time.Duration) error {
	select {
	case <-r.ctx.Done():
		return r.ctx.Err()
	case <-r.After(d):
		return nil
	}
}

// print writes text that is the whole answer.
func (r *run) print(text string) error {
	if _, err := io.WriteString(r.Out, text); err != nil {
		return writeError{err}
	}
	return nil
}

// answerJSON writes a document whose answer is a value of one member.
func (r *run) answerJSON(member string, answer any, snap *sock.Snapshot, beside ...snapshot.Beside) error {
	text, err := snapshot.AppendAnswer(nil, member, answer, snap, beside...)
	if err != nil {
		return err
	}
	return r.print(string(text) + "\n")
}

// Run is Main with the streams of this process.
func Run() int {
	streams, restore := systemIO()
	defer restore()
	ctx := interruptible(restore)
	defer profile()()
	return Main(ctx, os.Args[1:], streams)
}

// writeError is a failure to write the answer.
type writeError struct{ err error }

func (e writeError) Error() string { return fmt.Sprintf("write: %v", plainError(e.err)) }
func (e writeError) Unwrap() error { return e.err }
