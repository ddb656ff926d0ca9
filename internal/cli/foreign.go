package cli

import (
	"errors"
	"os/user"
	"regexp"
	"slices"
	"strings"
	"sync"

	"sockeye/internal/services"
	"sockeye/internal/suggest"
	"sockeye/sock"
	"sockeye/sock/filter"
)

// What people type who know ss, netstat, lsof or fuser, and what it is here.
// docs/from-other-tools.md has the tables.

// foreignOptions are options of other tools that are none here, without dashes.
var foreignOptions = map[string]string{
	"g":          "ip maddr lists multicast groups",
	"9":          "sockeye kill 8080 --grace 0 sends KILL at once",
	"k":          "it is a command: sockeye kill 8080",
	"signal":     "sockeye kill 8080 sends TERM, and KILL when --grace is over",
	"v":          "the version is -V; what could not be read is always said",
	"P":          "ports are numbers: leave it out",
	"2":          "Bluetooth sockets are not listed",
	"bpf-map-id": "storage of BPF programs is not shown; bpftool map lists maps",
	"bpf-maps":   "storage of BPF programs is not shown; bpftool map lists maps",
	"cache":      "ip route lists routes",
	"dport":      "it is a filter: sockeye dport = 443",
	"dst":        "it is a filter: sockeye dst 10.0.0.0/8",
	"fib":        "ip route lists routes",
	"groups":     "ip maddr lists multicast groups",
	"interfaces": "ip -s link lists interfaces",
	"l2cap":      "Bluetooth sockets are not listed",
	"masquerade": "conntrack -L lists translated connections",
	"pid":        "it is a command: sockeye process 812; or a filter: pid = 812",
	"port":       "it is a command: sockeye port 8080; or a filter: port = 8080",
	"process":    "it is a command: sockeye process nginx; or a filter: process = nginx",
	"rfcomm":     "Bluetooth sockets are not listed",
	"route":      "ip route lists routes",
	"sport":      "it is a filter: sockeye sport = 22",
	"src":        "it is a filter: sockeye src 10.0.0.0/8",
	"state":      "it is a filter: sockeye state established",
	"symbolic":   "it names hardware addresses, of which no socket has one; names are shown with --resolve",
	"user":       "it is a filter: sockeye user = root",
}

// foreignOption says what an option of another tool is here; empty if it is none
// of any.
func foreignOption(name string) string {
	if text := foreignOptions[name]; text != "" {
		return text
	}
	if p, ok := sock.ParseProtocol(name); ok && p.Descriptor().Option == "" {
		return unlisted(p)
	}
	return ""
}

// fuserPort is what fuser calls a port: PORT/PROTOCOL.
var fuserPort = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z0-9-]+/(tcp|udp)$`)
})

// isPortList reports whether a word is ports in a list or a range.
func isPortList(word string) bool {
	parts := strings.Split(strings.ReplaceAll(word, "-", ","), ",")
	return len(parts) > 1 && !slices.ContainsFunc(parts, func(part string) bool { return !isNumber(part) })
}

// hostPort takes HOST:PORT apart, an IPv6 address out of its brackets.
func hostPort(word string) (host, port string, ok bool) {
	i := strings.LastIndexByte(word, ':')
	if i < 1 || !isNumber(word[i+1:]) {
		return "", "", false
	}
	host, port = word[:i], word[i+1:]
	if inner, bracket := strings.CutPrefix(host, "["); bracket {
		return strings.TrimSuffix(inner, "]"), port, true
	}
	return host, port, !strings.ContainsAny(host, ":/,")
}

// foreignCommands are words that name a command of other tools, or what people
// expect to be one.
var foreignCommands = map[string]string{
	"fields":  "there is no command fields; sockeye help fields lists the facts",
	"version": "there is no command version, did you mean --version?",
	"watch":   "there is no command watch; a listing is repeated with --watch",
}

// meantBy returns what words may have meant that do not begin a filter; empty if
// nobody knows.
func meantBy(words []string) string {
	word := words[0]
	if meant := foreignCommands[strings.ToLower(word)]; meant != "" {
		return meant
	}
	if fuserPort().MatchString(word) {
		return "that is no filter, did you mean sockeye port " + word + "?"
	}
	if meant := lsofMeant(word); meant != "" {
		return "that is no filter, did you mean " + meant + "?"
	}
	if strings.HasPrefix(word, "/") {
		return "that is no filter, did you mean sockeye path = " + word + "?"
	}
	if host, port, ok := hostPort(word); ok {
		return "that is no filter, did you mean sockeye addr " + host + " port " + port + "?"
	}
	if len(words) == 1 && len(services.System().Ports(word)) > 0 {
		return "that is no filter, did you mean sockeye port " + word + "?"
	}
	if _, err := user.Lookup(word); err == nil && len(words) == 1 {
		return "that is no filter, did you mean sockeye user = " + word + "?"
	}
	if near, ok := suggest.Nearest(word, commandNames()); ok {
		return "that is no filter, did you mean sockeye " + strings.Join(append([]string{near}, words[1:]...), " ") + "?"
	}
	if len(words) > 1 {
		return ""
	}
	return "that is no filter, did you mean sockeye process " + word + "?"
}

// alone are the words that are a filter by themselves, but for a slip of the pen.
var alone = []string{"connected", "synchronized", "bucket", "big", "autobound", "v6only"}

// guess replaces the mistake of words that do not begin a filter by what they may
// have meant.
func guess(err error, words []string) error {
	if len(words) == 0 || isCondition(words) || strings.ContainsAny(words[0], " =!<>~()\"'") {
		return err
	}
	if p, ok := sock.ParseProtocol(strings.ToLower(words[0])); ok && len(words) > 1 && isNumber(words[1]) { // fuser -n tcp 80
		return usagef("that is no filter, did you mean sockeye port %s/%s?", words[1], p)
	}
	if _, near := suggest.Nearest(words[0], alone); near {
		return err
	}
	if len(words) == 1 && isPortList(words[0]) {
		return usagef("that is no filter, did you mean sockeye port %s?", words[0])
	}
	if near, ok := suggest.Nearest(words[0], commandNames()); ok && near[0] != words[0][0] {
		syntax, _ := errors.AsType[*filter.SyntaxError](err)
		if syntax != nil && strings.HasPrefix(syntax.Suggestion, words[0][:1]) {
			return err // a slip is seldom in the first letter: sprt is sport, and not port
		}
	}
	if meant := meantBy(words); meant != "" {
		return notAFilter(err, meant)
	}
	return err
}

func commandNames() []string {
	var names []string
	for _, c := range commands(&options{}) {
		names = append(names, c.name)
	}
	slices.Sort(names)
	return names
}
