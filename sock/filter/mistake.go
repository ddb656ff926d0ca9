package filter

import (
	"errors"
	"io/fs"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"sockeye/internal/suggest"
	"sockeye/sock"
	"sockeye/sock/fact"
)

// keywords are the words of the language that are no fields.
var keywords = []string{"state", "exclude", "autobound", "and", "or", "not",
	"connected", "synchronized", "bucket", "big", "all"}

func (p *parser) fail(start, end int, message string) *SyntaxError {
	return &SyntaxError{Text: p.text, Offset: start, Length: end - start, Message: message}
}

func (p *parser) failAt(t token, message string) *SyntaxError {
	return p.fail(t.start, t.end, message)
}

// unexpected is the mistake of a sign that stands where it means nothing.
func (p *parser) unexpected() *SyntaxError {
	c := p.text[p.pos]
	switch {
	case c == ',':
		return p.fail(p.pos, p.pos+1, "a list needs the operator in before it, as in: sport in 22,80")
	case c == '"' || c == '\'':
		return p.fail(p.pos, p.pos+1, "a quoted word stands where a condition is expected")
	}
	_, size := utf8.DecodeRuneInString(p.text[p.pos:])
	return p.fail(p.pos, p.pos+size, "a condition is expected here")
}

func (p *parser) unknownWord(word string, start int) *SyntaxError {
	e := p.fail(start, start+len(word), "unknown word in the filter")
	if len(word) > longestName {
		return e
	}
	folded := strings.ToLower(word)
	switch folded {
	case "and", "or":
		e.Message = "a condition is expected before " + folded
		return e
	case "ns", "us", "ms", "s", "m", "h", "d", "w", "k", "ki", "mi", "gi", "kib", "mib", "gib":
		e.Message = "a unit stands right behind its number, as in 50ms or 4MiB"
		return e
	case "name", "program", "programname", "app", "application":
		e.Suggestion = "process"
		return e
	}
	if _, ok := sock.ParseState(word); ok {
		e.Message, e.Suggestion = "a state needs the word state before it", "state "+folded
		return e
	}
	if _, ok := sock.ParseProtocol(folded); ok {
		e.Message, e.Suggestion = "a protocol needs the word protocol before it", "protocol "+folded
		return e
	}
	if isAddress(word) {
		e.Message, e.Suggestion = "an address needs a word such as src or dst before it", "addr "+word
		return e
	}
	if _, err := strconv.ParseUint(word, 10, 32); err == nil {
		e.Message, e.Suggestion = "a number needs the name of a field before it", "port "+word+" or pid "+word
		return e
	}
	e.Suggestion, _ = suggest.Nearest(word, fieldWords())
	return e
}

// isAddress reports whether the word is an address, a prefix, or one of them
// with a port.
func isAddress(word string) bool {
	if _, err := netip.ParseAddr(strings.Trim(word, "[]")); err == nil {
		return true
	}
	if _, err := netip.ParsePrefix(word); err == nil {
		return true
	}
	_, err := netip.ParseAddrPort(word)
	return err == nil
}

// fieldWords returns every word that a condition can start with.
func fieldWords() []string {
	words := append([]string(nil), keywords...)
	return append(words, fact.Words()...)
}

// unknownName is the mistake of an operand that is none of the names.
func (p *parser) unknownName(t token, what string, names []string) *SyntaxError {
	e := p.failAt(t, short(t.text)+" is not "+what)
	if len(t.text) > longestName {
		return e
	}
	if near, ok := suggest.Nearest(t.text, names); ok {
		e.Suggestion = near
	} else if len(names) > 0 && len(names) <= 16 {
		e.Message += ", which is one of " + strings.Join(names, " ")
	}
	return e
}

// notFound is the mistake of a name that the system was asked for in vain.
func (p *parser) notFound(t token, what, name string, err error) *SyntaxError {
	if errors.Is(err, fs.ErrNotExist) {
		return p.failAt(t, "there is no "+what+" "+short(name))
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err // without the name again
	}
	e := p.failAt(t, "the "+what+" "+short(name)+" cannot be looked up: "+err.Error())
	e.Err = err
	return e
}

// short returns a word for a message, cut if it is long.
func short(s string) string {
	const most = 40
	if s == "" {
		return "an empty word"
	}
	if len(s) <= most {
		return s
	}
	end := most
	for end > most-utf8.UTFMax && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "..."
}
