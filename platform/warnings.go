package platform

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"sockeye/sock"
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
// the same reason, so that the user is told once.
func fallbackWarnings(fallbacks []fallback) []sock.Warning {
	type way struct{ from, to, cause string }
	var ways []way
	tables := map[way][]string{}
	for _, f := range fallbacks {
		w := way{f.from, f.to, cause(f.err)}
		if _, seen := tables[w]; !seen {
			ways = append(ways, w)
		}
		if name := f.table.Protocol.String(); !slices.Contains(tables[w], name) {
			tables[w] = append(tables[w], name)
		}
	}
	var warnings []sock.Warning
	for _, w := range ways {
		warnings = append(warnings, sock.Warning{Code: sock.CodeFallback, Message: fmt.Sprintf(
			"%s read from %s, which knows less, because %s fails: %s", strings.Join(tables[w], ", "), w.to, w.from, w.cause)})
	}
	return warnings
}

// cause is why a table could not be read, without the name of the table, so
// that the same cause of several tables is the same text.
func cause(err error) string {
	var table *sock.TableError
	if errors.As(err, &table) {
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
