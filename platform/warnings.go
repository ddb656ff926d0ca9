package platform

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"sockeye/sock"
	"sockeye/sock/fact"
	"sockeye/sockdiag"
)

// mostOfAKind is how many warnings with the same code are told. A file may be
// wrong in every line.
const mostOfAKind = 20

// warnings collects the warnings of a listing, each once and of each kind so many.
type warnings struct {
	list []sock.Warning
	seen map[sock.Code]int // by code; those that were not kept too
}

func (w *warnings) add(warning sock.Warning) {
	if w.seen[warning.Code] < mostOfAKind {
		if slices.Contains(w.list, warning) {
			return
		}
		w.list = append(w.list, warning)
	}
	if w.seen == nil {
		w.seen = map[sock.Code]int{}
	}
	w.seen[warning.Code]++
}

// all returns the warnings, with the number of the others behind those of their
// kind.
func (w *warnings) all() []sock.Warning {
	var list []sock.Warning
	told := map[sock.Code]int{}
	for _, warning := range w.list {
		list = append(list, warning)
		told[warning.Code]++
		if more := w.seen[warning.Code] - mostOfAKind; told[warning.Code] == mostOfAKind && more > 0 {
			list = append(list, sock.Warning{Code: warning.Code, Message: fmt.Sprintf("%d more of this kind", more)})
		}
	}
	return list
}

// fallbackWarnings makes one warning of all tables that took the same way for
// the same reason, so that the user is told once. A way on which no socket lost what
// somebody wanted is not worth a word.
func fallbackWarnings(fallbacks []fallback) []sock.Warning {
	type way struct{ to, cause string }
	type loss struct {
		tables, modules []string
		facts           sock.Field
	}
	var ways []way
	losses := map[way]*loss{}
	for _, f := range fallbacks {
		if f.lost == 0 || !f.rows {
			continue
		}
		missing, _ := errors.AsType[*sockdiag.NoHandlerError](f.err)
		w := way{to: f.to}
		if missing == nil {
			w.cause = f.from + " fails: " + cause(f.err)
		}
		l := losses[w]
		if l == nil {
			l = &loss{}
			losses[w], ways = l, append(ways, w)
		}
		l.facts |= f.lost
		l.tables = addNew(l.tables, f.table.Protocol.String())
		if missing != nil {
			l.modules = addNew(l.modules, missing.Module)
		}
	}
	var warnings []sock.Warning
	for _, w := range ways {
		l := losses[w]
		if l.modules != nil {
			w.cause = "this kernel has no " + strings.Join(l.modules, ", ")
		}
		warnings = append(warnings, sock.Warning{Code: sock.CodeFallback, Message: fmt.Sprintf(
			"%s read from %s, which does not tell %s: %s",
			strings.Join(l.tables, ", "), w.to, fact.MissingOr(l.facts, "all that was asked for"), w.cause)})
	}
	return warnings
}

func addNew(list []string, word string) []string {
	if slices.Contains(list, word) {
		return list
	}
	return append(list, word)
}

// cause is why a table could not be read, without the name of the table, so
// that the same cause of several tables is the same text.
func cause(err error) string {
	if table, ok := errors.AsType[*sock.TableError](err); ok {
		err = table.Err
	}
	return strings.TrimPrefix(err.Error(), sock.ErrUnavailable.Error()+": ")
}

// deniedMessage is the one hint about owners that the reader may not see. entitled
// says that the reader has the rights to see every process: then it is a policy that
// keeps it from one.
func deniedMessage(n int, root, entitled bool) string {
	what := "the owner of 1 socket is"
	if n > 1 {
		what = fmt.Sprintf("the owners of %d sockets are", n)
	}
	switch {
	case entitled:
		return what + " hidden: a security policy keeps this process from looking into others"
	case root:
		return what + " hidden: this process lacks the capabilities to look into every other"
	}
	return what + " hidden from this user; run as root to see them all"
}
