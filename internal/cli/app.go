// Package cli is the command line: options, commands, messages, exit status.
package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	ucli "github.com/urfave/cli/v2"

	"sockeye/platform"
)

// The exit statuses, like grep's.
const (
	exitMatched = 0 // something matched
	exitNothing = 1 // nothing matched
	exitUsage   = 2 // a mistake in the options or the filter
	exitFailed  = 3 // the answer could not be read or written, or with --strict is incomplete

	exitInterrupted = 130 // as a shell says of what SIGINT ended
)

// IO is what the program talks to.
type IO struct {
	In       io.Reader
	Out, Err io.Writer
	// Width is the number of columns of the terminal that Out is; 0 if it is none.
	Width int
	// Plain reports that Out is a terminal that shows escape sequences as they are.
	Plain bool
	// Asks reports that In is a terminal, at which someone can answer.
	Asks bool
	// Getenv is os.Getenv but in tests.
	Getenv func(string) string
	// Now is time.Now but in tests.
	Now func() time.Time
}

// run is one call of the program.
type run struct {
	IO
	status int
	input  *input // of --from; nil without it
	ctx    context.Context
	// machine is this machine, nil until it is asked for.
	machine *platform.Host
}

// command is one of the commands. The first is the one that is meant when none
// is named.
type command struct {
	name, args, usage string
	help              string // what follows the line of usage
	action            func(*run, *ucli.Context) error
	selects           bool // has the options about tables and states
}

func commands() []command {
	return []command{
		{name: "list", args: "[FILTER]", usage: "list sockets", help: listHelp, action: (*run).list, selects: true},
		{name: "port", args: "PORT|NAME..", usage: "who uses a port", help: portHelp, action: (*run).port},
		{name: "process", args: "PID|NAME..", usage: "which sockets a process holds", help: processHelp, action: (*run).process, selects: true},
	}
}

// Main runs the program with the words after its name and returns its exit
// status.
func Main(ctx context.Context, words []string, streams IO) int {
	r := &run{IO: streams, ctx: ctx}
	if err := r.main(words); err != nil {
		r.fail(err)
	}
	return r.status
}

func (r *run) main(words []string) error {
	options, rest, err := optionsOf(commonFlags()).arrange(words)
	if err != nil {
		return err
	}
	chosen, rest := choose(words, rest)
	switch {
	case slices.Contains(options, "--help") || chosen.name == "help":
		return r.help(chosen, rest)
	case slices.Contains(options, "--version"):
		return r.print(versionText())
	}
	app := &ucli.App{
		Name:            "sockeye",
		HideHelp:        true,
		HideVersion:     true,
		Writer:          r.Out,
		ErrWriter:       r.Err,
		ExitErrHandler:  func(*ucli.Context, error) {}, // the status is ours to set
		Flags:           commonFlags(),
		HideHelpCommand: true,
		OnUsageError:    func(_ *ucli.Context, err error, _ bool) error { return usageError{err.Error()} },
		Action: func(c *ucli.Context) error {
			if err := r.openInput(c); err != nil {
				return err
			}
			return chosen.action(r, c)
		},
	}
	line := append([]string{"sockeye"}, options...)
	return app.RunContext(r.ctx, append(append(line, "--"), rest...))
}

// choose takes the name of a command from the front of the words that are no
// options.
func choose(words, rest []string) (command, []string) {
	all := commands()
	if len(rest) > 0 && !afterDashes(words, rest) && !isCondition(rest) {
		for _, cmd := range append(all, command{name: "help"}) {
			if rest[0] == cmd.name {
				return cmd, rest[1:]
			}
		}
	}
	return all[0], rest
}

// isCondition reports whether words begin a filter such as `port = 80`, whose
// field is called as a command is.
func isCondition(words []string) bool {
	if len(words) < 2 {
		return false
	}
	second := strings.ToLower(words[1])
	return strings.HasPrefix(words[0], "(") || strings.IndexAny(second, "=!<>~") == 0 ||
		slices.Contains([]string{"eq", "ne", "neq", "lt", "le", "leq", "gt", "ge", "geq", "in", "not"}, second)
}

// help prints the help of a command: `port --help` and `help port` are the same.
func (r *run) help(chosen command, rest []string) error {
	if chosen.name == "help" {
		chosen = commands()[0]
		for _, cmd := range commands() {
			if len(rest) > 0 && rest[0] == cmd.name {
				chosen = cmd
			}
		}
	}
	return r.print(helpText(chosen))
}

// afterDashes reports whether all the rest stood behind `--`: then its first
// word is no command.
func afterDashes(words, rest []string) bool {
	at := len(words) - len(rest) - 1
	return at >= 0 && words[at] == "--"
}

// print writes text that is the whole answer.
func (r *run) print(text string) error {
	if _, err := io.WriteString(r.Out, text); err != nil {
		return writeError{err}
	}
	return nil
}

// Run is Main with the streams of this process.
func Run() int {
	ctx, stop := interruptible()
	defer stop()
	streams, restore := systemIO()
	defer restore()
	defer profile()()
	return Main(ctx, os.Args[1:], streams)
}

// writeError is a failure to write the answer.
type writeError struct{ err error }

func (e writeError) Error() string { return fmt.Sprintf("write: %v", plainError(e.err)) }
func (e writeError) Unwrap() error { return e.err }
