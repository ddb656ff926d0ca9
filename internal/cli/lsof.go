package cli

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"sockeye/sock"
)

// lsofInternet is a value of lsof's -i, taken apart; what it leaves out is empty.
type lsofInternet struct{ family, protocol, host, port string }

var lsofInternetForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([46]?)((?i)tcp|udp)?(?:@([^:]*|\[.*\]))?(?::([^:]+))?$`)
})

// parseLsofInternet reads [46][protocol][@host][:port].
func parseLsofInternet(text string) (v lsofInternet, ok bool) {
	m := lsofInternetForm().FindStringSubmatch(text)
	if m == nil {
		return v, false
	}
	return lsofInternet{m[1], strings.ToLower(m[2]), m[3], m[4]}, true
}

// options are those of a listing.
func (v lsofInternet) options() []string {
	var options []string
	if v.family != "" {
		options = append(options, "-"+v.family)
	}
	if v.protocol != "" {
		options = append(options, "-"+v.protocol[:1])
	}
	return options
}

// filter is that of a listing.
func (v lsofInternet) filter() []string {
	var words []string
	if v.host != "" {
		words = append(words, "addr", v.host)
	}
	if v.port != "" {
		words = append(words, "port", v.port)
	}
	return words
}

// lsofMeant returns what the value of lsof's -i is here; empty if the text is none, or
// a family alone, which -i4 is here too.
func lsofMeant(text string) string {
	v, ok := parseLsofInternet(text)
	if !ok || v.protocol+v.host+v.port == "" {
		return ""
	}
	if v.host != "" || v.port == "" {
		return strings.Join(slices.Concat([]string{"sockeye"}, v.options(), v.filter()), " ")
	}
	meant := "sockeye port " + v.port
	if v.protocol != "" {
		meant += "/" + v.protocol
	}
	if v.family != "" {
		meant += " -" + v.family
	}
	return meant
}

// lsofOption is the mistake of a letter with a value of lsof's joined to it, which as
// letters of options would mean something else; nil if it is none.
func lsofOption(letter rune, value string) error {
	switch {
	case letter == 'i' && lsofMeant(value) != "":
		return usagef("-i%s is an option of lsof, did you mean %s?", value, lsofMeant(value))
	case letter == 's' && (strings.HasPrefix(value, "TCP:") || strings.HasPrefix(value, "UDP:")):
		return usagef("-s%s is an option of lsof; states are a filter: state listen", value)
	case letter == 'p' && len(value) > 1 && isNumber(value):
		return usagef("-p%s is an option of lsof, did you mean sockeye process %s?", value, value)
	}
	return nil
}

// lsofLine is what a whole command line of lsof is here, such as that of
// `lsof -nP -iTCP -sTCP:LISTEN`; empty if it is one option alone, chooses no sockets, or
// not all of it is known.
func lsofLine(words []string) string {
	var l lsofWords
	for len(words) > 0 {
		letters, option := strings.CutPrefix(words[0], "-")
		if words = words[1:]; !option || letters == "" {
			return ""
		}
		for letters != "" {
			letter := letters[0]
			value, flag := letters[1:], strings.IndexByte("nPat", letter) >= 0
			if (letter == 'c' || letter == 'u') && value != "" {
				return "" // -tulpn is none of lsof
			}
			if !flag && value == "" && len(words) > 0 && !strings.HasPrefix(words[0], "-") {
				value, words = words[0], words[1:]
			}
			if !l.add(letter, value) {
				return ""
			}
			if letters = value; !flag {
				break
			}
		}
	}
	if l.given < 2 || !l.inet && len(l.filter) == 0 { // -tanP is none of lsof
		return ""
	}
	return l.text()
}

// lsofWords are the options and the filter that stand for options of lsof.
type lsofWords struct {
	given   int  // how many options there were
	inet    bool // one was -i
	every   bool // -i without a value: whatever the state
	options []string
	filter  []string
}

// add adds an option of lsof, and reports whether it is known.
func (l *lsofWords) add(letter byte, value string) bool {
	l.given++
	fields := map[byte]string{'p': "pid", 'c': "process", 'u': "user"}
	switch letter {
	case 'n', 'P', 'a':
		return true
	case 't':
		l.options = append(l.options, "--pids")
		return true
	case 'i':
		return l.internet(value)
	case 's':
		protocol, state, _ := strings.Cut(value, ":")
		_, known := sock.ParseState(state)
		l.filter = append(l.filter, "state", strings.ToLower(state))
		return known && (protocol == "TCP" || protocol == "UDP")
	case 'p', 'c', 'u':
		l.filter = append(l.filter, fields[letter], value)
		return value != "" && !strings.ContainsAny(value, ",^/") && (letter != 'p' || isNumber(value))
	}
	return false
}

// internet adds the value of -i.
func (l *lsofWords) internet(value string) bool {
	v, ok := parseLsofInternet(value)
	l.inet, l.every = true, l.every || value == ""
	l.options = append(l.options, v.options()...)
	l.filter = append(l.filter, v.filter()...)
	return ok
}

// text is the command line.
func (l *lsofWords) text() string {
	words := []string{"sockeye"}
	if l.every {
		words = append(words, "-a")
	}
	return strings.Join(append(append(words, l.options...), l.filter...), " ")
}
