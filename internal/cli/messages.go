package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"syscall"

	"sockeye/platform"
	"sockeye/render"
	"sockeye/sock"
	"sockeye/sock/escape"
	"sockeye/sock/fact"
	"sockeye/sock/filter"
)

// This file is the only one that talks to the user beside the answer itself.
// Messages go to standard error, one line each, and start with the name of the
// program; a mistake in a filter has two lines more, the filter and a caret.
// Whatever came from outside is shown with its control characters escaped.

// say writes a message.
func (r *run) say(format string, args ...any) {
	escapeArgs(args)
	fmt.Fprintf(r.Err, "sockeye: %s\n", fmt.Sprintf(format, args...)) // passed on so that vet checks it
}

// shown is text in which names are escaped already, as in that of [fact.SocketText].
type shown string

// escapeArgs escapes what came from outside in the arguments of a message that are
// text.
func escapeArgs(args []any) {
	for i, arg := range args {
		switch arg.(type) {
		case string, error, fmt.Stringer:
			args[i] = oneLine(fmt.Sprint(arg))
		}
	}
}

// agree asks a question.
func (r *run) agree(question shown) bool {
	fmt.Fprintf(r.Err, "sockeye: %s? [y/N] ", question)
	if r.answers == nil {
		r.answers = bufio.NewReader(r.In)
	}
	answer, _ := r.answers.ReadString('\n') // an input that ends is a no
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true
	}
	return false
}

// clearInterrupt takes the ^C away that a terminal shows of the key which ended a view.
func (r *run) clearInterrupt() {
	if r.ctx.Err() != nil && r.Terminal && !r.Plain {
		fmt.Fprint(r.Err, "\r\x1b[K")
	}
}

// said remembers what was said by a view that lists again and again.
type said map[string]bool

// mostSaid bounds how many messages are remembered, and said.
const mostSaid = 200

// isNew reports whether a message is another one than those before, but for its numbers
// and what follows from them: "the owner of 1 socket is" and "the owners of 2 sockets are".
func (s said) isNew(text string) bool {
	words := strings.Fields(text)
	for i, word := range words {
		if word == "are" {
			word = "is"
		}
		words[i] = strings.TrimSuffix(strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return -1
			}
			return r
		}, word), "s")
	}
	kind := strings.Join(words, " ")
	if s[kind] || len(s) == mostSaid {
		return false
	}
	s[kind] = true
	return true
}

// oneLine keeps a message on one line, whatever a name in it holds.
func oneLine(text string) string {
	return escape.Text(strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "; "))
}

// fail reports an error and sets the exit status that it means.
func (r *run) fail(err error) {
	var (
		usage   usageError
		syntax  *filter.SyntaxError
		backend *platform.UnknownBackendError
		written *render.TemplateError
	)
	switch {
	case isClosedPipe(err):
		// Whoever read the answer has seen enough of it.
		r.status = exitMatched
	case errors.As(err, &syntax):
		r.say("%v", err)
		fmt.Fprintln(r.Err, render.Caret(syntax.Text, syntax.Offset, syntax.Length))
		r.status = exitUsage
		if lookUpFailed(syntax.Err) {
			r.status = exitFailed
		}
	case errors.As(err, &written):
		r.say("%v", written)
		r.status = exitUsage
	case errors.As(err, &usage), errors.As(err, &backend):
		r.say("%v", err)
		r.status = exitUsage
	default:
		r.say("%v", err)
		r.status = exitFailed
	}
}

// lookUpFailed reports whether a name in a filter may be right: nobody could tell.
func lookUpFailed(err error) bool {
	var errno syscall.Errno
	var dns *net.DNSError
	return errors.As(err, &errno) || errors.As(err, &dns) && !dns.IsNotFound
}

// sayOf says what is to be known about an answer as a whole.
func (r *run) sayOf(o *options, snap sock.Snapshot) {
	for _, w := range snap.Warnings {
		r.say("%s", w.Message)
	}
	if o.debug {
		r.say("%s", debugText(snap))
	}
}

// conclude tells what is to be known about an answer that was given, and sets
// the exit status.
func (r *run) conclude(o *options, listing *platform.Listing, matched int) answered {
	a := answered{matched: matched, snap: listing.Snapshot()}
	r.sayOf(o, a.snap)
	if matched == 0 {
		a.unasked = listing.Unasked()
	}
	if a.unasked != "" {
		r.say("%s holds no %s, which were not asked for", fileName(r.input.name), a.unasked)
	}
	switch {
	case o.strict && !a.snap.Complete, matched == 0 && a.unread():
		r.status = exitFailed
	case matched == 0:
		r.status = exitNothing
	}
	return a
}

// debugText says where an answer came from.
func debugText(snap sock.Snapshot) string {
	owners := snap.OwnerSource
	if snap.OwnerReason != "" {
		owners += " (" + snap.OwnerReason + ")"
	}
	return fmt.Sprintf("debug: sockets from %s, owners from %s, complete: %t", snap.Source, owners, snap.Complete)
}

// plainError takes the path that the os package puts in front away: it is
// /dev/stdout, which the user did not name.
func plainError(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// socketsText names the first of some sockets, and how many more there are.
func socketsText(all []*sock.Socket) shown {
	text := fact.SocketText(all[0])
	if len(all) > 1 {
		text += fmt.Sprintf(" and %d more", len(all)-1)
	}
	return shown(text)
}

// counted is a number of things.
func counted[N int | uint64](n N, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// quote marks a word in a message, which is escaped as a whole.
func quote(word string) string { return `"` + word + `"` }
