package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestArrange puts what people type into the order that the library reads.
func TestArrange(t *testing.T) {
	all := commands(&options{})
	for words, want := range map[string]string{
		"-tulpn":                          "--tcp --udp --listening --processes --numeric |",
		"-tanp":                           "--tcp --all --numeric --processes |",
		"-anpl":                           "--all --numeric --processes --listening |",
		"-46":                             "--ipv4 --ipv6 |",
		"-nlt state established":          "--numeric --listening --tcp | state established",
		"state established -nlt":          "--numeric --listening --tcp | state established",
		"-Atcp,udp -l":                    "--query=tcp,udp --listening |",
		"-A tcp -l":                       "--query=tcp --listening |",
		"-lA tcp":                         "--listening --query=tcp |",
		"-A=tcp":                          "--query=tcp |",
		"--sort pid --limit=3 dport = :1": "--sort=pid --limit=3 | dport = :1",
		"port 8080 --json":                "--json | port 8080",
		"--json port 8080":                "--json | port 8080",
		"-t -- -weird --json":             "--tcp | -weird --json",
		"--from -":                        "--from=- |",
		"- -t":                            "--tcp | -",
		"! dport = 1":                     "| ! dport = 1",
	} {
		l, err := spellingsOf(all).arrange(strings.Fields(words))
		if err != nil {
			t.Errorf("%s: %v", words, err)
			continue
		}
		ordered, err := l.words(all[0])
		if err != nil {
			t.Errorf("%s: %v", words, err)
			continue
		}
		dashes := slices.Index(ordered, "--")
		got := strings.TrimSpace(strings.Join(ordered[2:dashes], " ") + " | " + strings.Join(ordered[dashes+1:], " "))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", words, diff)
		}
	}
}

func TestCommandsAreTheFirstWord(t *testing.T) {
	for words, want := range map[string]string{
		"port 80":        "port",
		"-- port 80":     "list",
		"state listen":   "list",
		"list port = 80": "list",
		"help port":      "help",
		"process nginx":  "process",
		"port = 80":      "list",
		"port in 80,81":  "list",
		"process !~ /x/": "list",
		"port 80 tcp":    "port",
		"port -- 80":     "port",
		"-t -- port 80":  "list",
	} {
		all := commands(&options{})
		l, err := spellingsOf(all).arrange(strings.Fields(words))
		if err != nil {
			t.Fatal(err)
		}
		if got := choose(all, &l); got.name != want {
			t.Errorf("%s: the command is %s, want %s", words, got.name, want)
		}
	}
}
