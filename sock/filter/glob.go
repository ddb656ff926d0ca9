package filter

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// glob matches the name of a unix socket with a pattern as fnmatch(3) does with
// FNM_CASEFOLD and no other flag: * matches slashes and dots too. A byte of NUL
// in the name is @. It backs up to the last star only, so it takes the product
// of the lengths at worst.
func glob(pattern, name string) bool {
	star, mark := -1, 0
	p, n := 0, 0
	for n < len(name) {
		c, size := nameRune(name[n:])
		if p < len(pattern) && pattern[p] == '*' {
			star, mark = p, n
			p++
			continue
		}
		if p < len(pattern) {
			if ok, used := globOne(pattern[p:], c); ok {
				p += used
				n += size
				continue
			}
		}
		if star < 0 {
			return false
		}
		_, size = nameRune(name[mark:])
		mark += size
		p, n = star+1, mark
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// brokenByte is where bytes that are no UTF-8 are put among characters, so that
// two different ones stay different.
const brokenByte = unicode.MaxRune + 1

func nameRune(s string) (rune, int) {
	r, size := patternRune(s)
	if r == 0 {
		return '@', size
	}
	return r, size
}

func patternRune(s string) (rune, int) {
	r, size := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && size <= 1 {
		return brokenByte + rune(s[0]), 1
	}
	return r, size
}

// globOne matches one character with the start of a pattern and returns how much
// of the pattern that was.
func globOne(pattern string, c rune) (ok bool, used int) {
	switch pattern[0] {
	case '?':
		return true, 1
	case '[':
		if ok, used := globSet(pattern, c); used > 0 {
			return ok, used
		}
	case '\\':
		if len(pattern) > 1 {
			r, size := patternRune(pattern[1:])
			return sameLetter(r, c), 1 + size
		}
	}
	r, size := patternRune(pattern)
	return sameLetter(r, c), size
}

func sameLetter(a, b rune) bool { return a == b || unicode.ToLower(a) == unicode.ToLower(b) }

// globSet matches a bracket expression: [a-z], [!a], [[:digit:]]. It returns 0
// if no bracket closes it; the opening one is a character then.
func globSet(pattern string, c rune) (ok bool, used int) {
	i := 1
	negated := i < len(pattern) && (pattern[i] == '!' || pattern[i] == '^')
	if negated {
		i++
	}
	for first := true; i < len(pattern); first = false {
		if pattern[i] == ']' && !first {
			return ok != negated, i + 1
		}
		if class, size := globClass(pattern[i:]); size > 0 {
			ok = ok || class(c) // glibc asks for the class without folding
			i += size
			continue
		}
		lo, size := setRune(pattern[i:])
		i += size
		hi := lo
		if i+1 < len(pattern) && pattern[i] == '-' && pattern[i+1] != ']' {
			hi, size = setRune(pattern[i+1:])
			i += 1 + size
		}
		down, up := unicode.ToLower(c), unicode.ToUpper(c)
		ok = ok || lo <= down && down <= hi || lo <= up && up <= hi || lo == c
	}
	return false, 0
}

// setRune reads a character of a bracket expression.
func setRune(s string) (rune, int) {
	if s[0] == '\\' && len(s) > 1 {
		r, size := patternRune(s[1:])
		return r, 1 + size
	}
	return patternRune(s)
}

// globClass reads a class such as [:digit:]; it returns 0 if there is none.
func globClass(s string) (func(rune) bool, int) {
	rest, opened := strings.CutPrefix(s, "[:")
	name, _, closed := strings.Cut(rest, ":]")
	class := globClasses[name]
	if !opened || !closed || class == nil {
		return nil, 0
	}
	return class, len("[:") + len(name) + len(":]")
}

// globClasses are the classes of POSIX.
var globClasses = map[string]func(rune) bool{
	"alpha": unicode.IsLetter, "digit": isDigit, "lower": unicode.IsLower, "upper": unicode.IsUpper,
	"alnum": func(r rune) bool { return unicode.IsLetter(r) || isDigit(r) },
	"space": unicode.IsSpace, "punct": func(r rune) bool { return unicode.IsPunct(r) || unicode.IsSymbol(r) },
	"cntrl": unicode.IsControl, "print": unicode.IsPrint, "graph": unicode.IsGraphic,
	"blank":  func(r rune) bool { return r == ' ' || r == '\t' },
	"xdigit": func(r rune) bool { return r < 0x80 && isHex(byte(r)) },
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

func isHex(c byte) bool {
	_, ok := hexDigit(c)
	return ok
}
