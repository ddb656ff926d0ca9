package cli

import (
	"regexp"
	"strings"
	"sync"

	"sockeye/sock"
)

// lsofInternet is the value of lsof's -i: [46][protocol][@host][:port].
var lsofInternet = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[46]?((?i)tcp|udp)?(@[^:]*|@\[.*\])?(:[^:]+)?$`)
})

// isLsofInternet reports whether letters behind -i are lsof's value of it, and no
// more options.
func isLsofInternet(letters string) bool {
	m := lsofInternet().FindStringSubmatch(letters)
	return m != nil && m[1]+m[2]+m[3] != ""
}

// isLsofState reports whether letters behind -s are lsof's value of it.
func isLsofState(letters string) bool {
	return strings.HasPrefix(letters, "TCP:") || strings.HasPrefix(letters, "UDP:")
}

// lsofMeant returns what the value of lsof's -i is here; empty if the text is none.
func lsofMeant(text string) string {
	m := lsofInternet().FindStringSubmatch(text)
	if m == nil || text == "" {
		return ""
	}
	protocol, host, port := strings.ToLower(m[1]), strings.TrimPrefix(m[2], "@"), strings.TrimPrefix(m[3], ":")
	table := ""
	if protocol != "" {
		table = " -" + string(protocol[0])
	}
	switch {
	case host != "" && port != "":
		return "sockeye" + table + " addr " + host + " port " + port
	case host != "":
		return "sockeye" + table + " addr " + host
	case port == "":
		return "sockeye" + table
	case protocol != "":
		return "sockeye port " + port + "/" + protocol
	}
	return "sockeye port " + port
}

// lsofLine is what a whole command line of lsof is here, such as that of
// `lsof -nP -iTCP -sTCP:LISTEN`; empty if it is one option alone, or not all of it is
// known.
func lsofLine(words []string) string {
	if len(words) < 2 {
		return ""
	}
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
	return l.text()
}

// lsofWords are the options and the filter that stand for options of lsof.
type lsofWords struct {
	every   bool // -i without a value: whatever the state
	options []string
	filter  []string
}

// add adds an option of lsof, and reports whether it is known.
func (l *lsofWords) add(letter byte, value string) bool {
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
	l.every = l.every || value == ""
	m := lsofInternet().FindStringSubmatch(value)
	if m == nil {
		return value == ""
	}
	if strings.HasPrefix(value, "4") || strings.HasPrefix(value, "6") {
		l.options = append(l.options, "-"+value[:1])
	}
	if m[1] != "" {
		l.options = append(l.options, "-"+strings.ToLower(m[1][:1]))
	}
	if m[2] != "" {
		l.filter = append(l.filter, "addr", m[2][1:])
	}
	if m[3] != "" {
		l.filter = append(l.filter, "port", m[3][1:])
	}
	return true
}

// text is the command line.
func (l *lsofWords) text() string {
	words := []string{"sockeye"}
	if l.every {
		words = append(words, "-a")
	}
	return strings.Join(append(append(words, l.options...), l.filter...), " ")
}
