package filter

import (
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"
)

// globSource writes a pattern for the name of a unix socket, as fnmatch(3) reads
// it with FNM_CASEFOLD and no other flag, as a regular expression: * and ? match
// slashes and dots too. Byte 0 in the name is the @ of the pattern.
func globSource(pattern string) string {
	var b strings.Builder
	b.WriteString(`(?is)^`)
	for i := 0; i < len(pattern); {
		switch c := pattern[i]; {
		case c == '*':
			b.WriteString(`.*`)
			i++
			continue
		case c == '?':
			b.WriteString(`.`)
			i++
			continue
		case c == '[':
			if set, size := globSet(pattern[i:]); size > 0 {
				b.WriteString(set)
				i += size
				continue
			}
		case c == '\\' && i+1 < len(pattern):
			i++
		}
		r, size := utf8.DecodeRuneInString(pattern[i:])
		if r == '@' {
			b.WriteString(`[@\x00]`)
		} else {
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
		i += size
	}
	b.WriteString(`$`)
	return b.String()
}

// globSet writes a bracket expression: [a-z], [!a], [[:digit:]]. The size is 0
// if no bracket closes it; the opening one is a character then.
func globSet(pattern string) (set string, size int) {
	var b strings.Builder
	b.WriteByte('[')
	i := 1
	if i < len(pattern) && (pattern[i] == '!' || pattern[i] == '^') {
		b.WriteByte('^')
		i++
	}
	for first := true; i < len(pattern); first = false {
		c := pattern[i]
		if c == ']' && !first {
			return b.String() + "]", i + 1
		}
		if class := globClass().FindString(pattern[i:]); class != "" {
			b.WriteString(class)
			i += len(class)
			continue
		}
		if c == '\\' && i+1 < len(pattern) {
			i++
			c = pattern[i]
		}
		switch c {
		case '[', ']', '\\', '^', '&', '~':
			b.WriteByte('\\')
		case '@':
			b.WriteString(`\x00`)
		}
		r, size := utf8.DecodeRuneInString(pattern[i:])
		b.WriteRune(r)
		i += size
	}
	return "", 0
}

// globClass is a class in a bracket expression; the names are those of POSIX.
var globClass = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\[:(alpha|digit|lower|upper|alnum|space|punct|cntrl|print|graph|blank|xdigit):\]`)
})
