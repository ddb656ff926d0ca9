package platform

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"sockeye/sock"
)

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

// deniedMessage is the one hint about owners that the reader may not see.
func deniedMessage(n int, root bool) string {
	what := "the owner of 1 socket is"
	if n > 1 {
		what = fmt.Sprintf("the owners of %d sockets are", n)
	}
	if root {
		return what + " hidden: this process lacks the capabilities to look into every other"
	}
	return what + " hidden from this user; run as root to see them all"
}
