package cli

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"sockeye/sock"
)

// readOptions reads a command line as the program does, and runs nothing.
func readOptions(words ...string) (*options, []string, error) {
	o := &options{}
	all := commands(o)
	l, err := spellingsOf(all).arrange(words)
	if err != nil {
		return o, nil, err
	}
	var rest []string
	chosen := choose(all, &l)
	chosen.run = func(_ *run, words []string) error {
		rest = words
		return nil
	}
	ordered, err := l.words(chosen)
	if err == nil {
		err = library(&run{}, chosen, &l).Run(ordered)
	}
	return o, rest, err
}

func TestTablesOfTheOptions(t *testing.T) {
	for words, want := range map[string]string{
		"":                         "tcp udp",
		"-t":                       "tcp",
		"-x":                       "unix",
		"-A all -A !unix":          "tcp udp udplite raw icmp sctp mptcp dccp smc packet netlink vsock xdp tipc",
		"-A !tcp":                  "udp udplite raw icmp sctp mptcp dccp smc unix packet netlink vsock xdp tipc",
		"-A p_raw,v_str -A !p_raw": "vsock",
		"-f link,netlink -0":       "packet netlink",
		"-f unix":                  "unix",
		"-4":                       "tcp udp",
		"-A inet":                  "tcp udp udplite raw icmp sctp mptcp dccp smc",
		"-A u_str -t":              "tcp unix",
		"-A unix -A !u_str":        "unix",
		"-A u_str,u_dgr,!u_str":    "unix",
		"-A tcp -A udp --icmp -w":  "tcp udp raw icmp",
	} {
		o, _, err := readOptions(strings.Fields(words)...)
		set, _, tablesErr := o.chosenTables(tables{protocols: tcpAndUDP})
		got := ""
		for p := range set.protocols.All {
			got += " " + p.String()
		}
		if err != nil || tablesErr != nil || strings.TrimSpace(got) != want {
			t.Errorf("%q: %s, %v, %v; want %s", words, got, err, tablesErr, want)
		}
	}
}

// TestOptionsReachTheStruct: each option changes what is read, and nothing that is
// read stays as it was, so that none is declared and forgotten.
func TestOptionsReachTheStruct(t *testing.T) {
	values := map[string]string{
		"passes": "3", "query": "udp", "family": "inet6", "limit": "3", "color": "never", "interval": "3", "template": "x", "duration": "1.5", "timeout": "1.5", "grace": "1.5", "sample": "1.5", "set": "retransmissions.percent=3",
	}
	accepted := []string{"processes", "verbose", "help", "version"}
	none := &options{}
	for _, cmd := range commands(none) {
		for _, opt := range cmd.options {
			word := "--" + opt.name
			if opt.needsValue() {
				value := values[opt.name]
				if value == "" {
					value = "word"
				}
				word += "=" + value
			}
			o, rest, err := readOptions(cmd.name, word, "--", "rest")
			if err != nil || strings.Join(rest, " ") != "rest" {
				t.Errorf("%s %s: %v, %v", cmd.name, word, rest, err)
			}
			if changed := !reflect.DeepEqual(o, none); changed == slices.Contains(accepted, opt.name) {
				t.Errorf("%s %s: it changes what is read: %t", cmd.name, word, changed)
			}
		}
	}
}

// TestWordsMeanTheSameInEveryCommand: the words are put in order before the command
// is known, so that a name or a letter takes a value everywhere or nowhere.
func TestWordsMeanTheSameInEveryCommand(t *testing.T) {
	names, letters := map[string]bool{}, map[string]string{}
	for _, cmd := range commands(&options{}) {
		for _, o := range cmd.options {
			if takes, known := names[o.name]; known && takes != o.needsValue() {
				t.Errorf("%s: --%s takes a value in one command and not in another", cmd.name, o.name)
			}
			names[o.name] = o.needsValue()
			if o.short == "" {
				continue
			}
			if other, known := letters[o.short]; known && other != o.name {
				t.Errorf("%s: -%s is --%s and --%s", cmd.name, o.short, o.name, other)
			}
			letters[o.short] = o.name
		}
	}
}

// TestOptionsOfOtherCommands are refused with the word that says whose they are.
func TestOptionsOfOtherCommands(t *testing.T) {
	for words, want := range map[string]string{
		"port 80 --events":        "--events is not an option of sockeye port, but of sockeye, where a filter names the port: sockeye --events port = 8080",
		"port 80 -x":              "--unix is not an option of sockeye port, but of sockeye and others",
		"process 1 --dump x":      "--dump is not an option of sockeye process, but of sockeye and sockeye port",
		"--no-processes help":     "--no-processes is not an option of sockeye help, but of sockeye and others",
		"-t process nginx -D out": "--dump is not an option of sockeye process, but of sockeye and sockeye port",
	} {
		if _, _, err := readOptions(strings.Fields(words)...); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", words, err, want)
		}
	}
}

// TestBadValues are told in the words of the program.
func TestBadValues(t *testing.T) {
	for words, want := range map[string]string{
		"--limit x":        "--limit x: a number from 1 on is needed",
		"--limit=-1":       "--limit -1: a number from 1 on is needed",
		"--duration 0":     "--duration 0: a number of seconds is needed, or a time such as 1m30s",
		"--duration=x":     "--duration x: a number of seconds is needed, or a time such as 1m30s",
		"--limit=1e3":      "--limit 1e3: a number from 1 on is needed",
		"--limit=":         "--limit : a number from 1 on is needed",
		"--color blue":     `unknown --color "blue"; there is auto, always, never`,
		"--color alway":    `unknown --color "alway", did you mean always?`,
		"--from=":          "the option --from needs a value",
		"-A tpc":           `unknown table "tpc", did you mean tcp?`,
		"-f inet7":         `unknown family "inet7", did you mean inet?`,
		"--json --csv":     "--json and --csv: choose one format",
		"-q --template=.x": "--quiet and --template: choose one format",
		"--json=yes":       "the option --json takes no value",
		"-tA":              "the option -A, --query needs a value",
	} {
		if _, _, err := readOptions(strings.Fields(words)...); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", words, err, want)
		}
	}
	if o, _, err := readOptions("--json", "-j", "-4", "-6"); err != nil || o.families != sock.Families(sock.IPv4, sock.IPv6) {
		t.Errorf("an option twice: %v, %v", o.families, err)
	}
}
