package filter

import (
	"strconv"
	"strings"
)

// scanner reads the text of a filter. What is a word depends on where it
// stands: a term ends at every sign, an operand holds the signs that addresses
// and command lines are made of.
type scanner struct {
	text string
	pos  int
	// comments: `#` after a blank starts a comment that ends with the line.
	comments bool
	// words holds where the words of a command line start and end. It is nil
	// for a text.
	words []bounds
}

type bounds struct{ start, end int }

// token is an operand.
type token struct {
	text       string // without quotes and escapes
	start, end int    // in the text, with them
	quoted     bool
}

func isBlank(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f'
}

// endsTerm reports whether c ends a word that is no operand.
func endsTerm(c byte) bool { return isBlank(c) || strings.IndexByte(`()!=<>,&|~"'`, c) >= 0 }

// endsOperand reports whether c ends an operand without quotes.
func endsOperand(c byte) bool { return isBlank(c) || strings.IndexByte(`(),&|`, c) >= 0 }

// skip moves over blanks and comments and reports whether anything is left.
func (s *scanner) skip() bool {
	for s.pos < len(s.text) {
		c := s.text[s.pos]
		switch {
		case isBlank(c):
			s.pos++
		case c == '#' && s.comments && (s.pos == 0 || isBlank(s.text[s.pos-1])):
			i := strings.IndexByte(s.text[s.pos:], '\n')
			if i < 0 {
				s.pos = len(s.text)
				return false
			}
			s.pos += i
		default:
			return true
		}
	}
	return false
}

// peek returns the word at the position, which is empty before a sign.
func (s *scanner) peek() string {
	i := s.pos
	for i < len(s.text) && !endsTerm(s.text[i]) {
		i++
	}
	return s.text[s.pos:i]
}

// take moves over the first of the given signs that stands here.
func (s *scanner) take(signs ...string) (string, bool) {
	for _, sign := range signs {
		if strings.HasPrefix(s.text[s.pos:], sign) {
			s.pos += len(sign)
			return sign, true
		}
	}
	return "", false
}

// takeWord moves over the word if it is the next one, in any case.
func (s *scanner) takeWord(word string) bool {
	// The longest word of the language is short; do not walk a long one twice.
	if len(s.text)-s.pos < len(word) || !strings.EqualFold(s.text[s.pos:s.pos+len(word)], word) {
		return false
	}
	if end := s.pos + len(word); end < len(s.text) && !endsTerm(s.text[end]) {
		return false
	}
	s.pos += len(word)
	return true
}

// wholeWord returns the word of the command line that starts here, if it holds
// a blank: a shell has taken its quotes away, and it is one operand.
func (s *scanner) wholeWord() (token, bool) {
	for len(s.words) > 0 && s.words[0].start < s.pos {
		s.words = s.words[1:]
	}
	if len(s.words) == 0 || s.words[0].start != s.pos {
		return token{}, false
	}
	w := s.words[0]
	text := s.text[w.start:w.end]
	if !strings.ContainsAny(text, " \t\n\r\v\f") {
		return token{}, false
	}
	s.pos = w.end
	return token{text: text, start: w.start, end: w.end, quoted: true}, true
}

// bare reads an operand without quotes. A backslash takes the meaning from a
// character that has one here and is itself before any other, so that neither
// a Windows path nor a pattern needs two.
func (s *scanner) bare() token {
	start, plain := s.pos, true
	for s.pos < len(s.text) && !endsOperand(s.text[s.pos]) {
		if s.escape() {
			plain = false
			s.pos++
		}
		s.pos++
	}
	raw := s.text[start:s.pos]
	t := token{text: raw, start: start, end: s.pos}
	if plain {
		return t
	}
	var b strings.Builder
	sub := scanner{text: raw}
	for ; sub.pos < len(raw); sub.pos++ {
		if sub.escape() {
			sub.pos++
		}
		b.WriteByte(raw[sub.pos])
	}
	t.text, t.quoted = b.String(), true
	return t
}

// escape reports whether a backslash stands here before a character that it
// takes the meaning from.
func (s *scanner) escape() bool {
	if s.text[s.pos] != '\\' || s.pos+1 >= len(s.text) {
		return false
	}
	c := s.text[s.pos+1]
	return endsTerm(c) || c == '\\' || c == '#'
}

// quoted reads an operand in quotes. Nothing is special between single quotes;
// between double quotes \" \\ and \xNN are.
func (s *scanner) quoted() (token, bool) {
	quote, start := s.text[s.pos], s.pos
	s.pos++
	var b []byte
	for s.pos < len(s.text) {
		c := s.text[s.pos]
		s.pos++
		if c == quote {
			return token{text: string(b), start: start, end: s.pos, quoted: true}, true
		}
		if c == '\\' && quote == '"' && s.pos < len(s.text) {
			if d := s.text[s.pos]; d == '"' || d == '\\' {
				c = d
				s.pos++
			} else if v, ok := hexEscape(s.text[s.pos:]); ok {
				c = v
				s.pos += len("xNN")
			}
		}
		b = append(b, c)
	}
	return token{start: start, end: s.pos}, false
}

// hexEscape reads the xNN of \xNN.
func hexEscape(s string) (byte, bool) {
	if len(s) < 3 || s[0] != 'x' {
		return 0, false
	}
	v, err := strconv.ParseUint(s[1:3], 16, 8)
	return byte(v), err == nil
}

// slashed reads the operand of ~ that starts with a slash, up to the slash that
// a blank, a bracket, a comma or the end follows, with an i between them if
// case shall not matter. Other slashes are part of it, so that
// /usr/bin/x/ needs no backslash. It reports false if there is no such slash.
func (s *scanner) slashed() (t token, fold, ok bool) {
	start := s.pos
	for i := s.pos + 1; i < len(s.text); i++ {
		switch s.text[i] {
		case '\\':
			i++
		case '/':
			end := i + 1
			fold = end < len(s.text) && s.text[end] == 'i'
			if fold {
				end++
			}
			if end < len(s.text) && !endsOperand(s.text[end]) {
				continue
			}
			s.pos = end
			return token{text: s.text[start+1 : i], start: start, end: end, quoted: true}, fold, true
		}
	}
	return token{start: start, end: len(s.text)}, false, false
}
