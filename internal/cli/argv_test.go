package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestArrange puts what people type into the order that the library reads.
func TestArrange(t *testing.T) {
	set := optionsOf(commonFlags())
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
		options, rest, err := set.arrange(strings.Fields(words))
		if err != nil {
			t.Errorf("%s: %v", words, err)
			continue
		}
		got := strings.TrimSpace(strings.Join(options, " ") + " | " + strings.Join(rest, " "))
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
	} {
		fields := strings.Fields(words)
		_, rest, err := optionsOf(commonFlags()).arrange(fields)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := choose(fields, rest); got.name != want {
			t.Errorf("%s: the command is %s, want %s", words, got.name, want)
		}
	}
}

func TestTablesOfTheOptions(t *testing.T) {
	for words, want := range map[string]string{
		"":                        "tcp udp",
		"-t":                      "tcp",
		"-x":                      "unix",
		"-A all -A !unix":         "tcp udp udplite raw icmp",
		"-A !tcp":                 "udp udplite raw icmp unix",
		"-f unix":                 "unix",
		"-4":                      "tcp udp",
		"-A inet":                 "tcp udp udplite raw icmp",
		"-A u_str -t":             "tcp unix",
		"-A unix -A !u_str":       "unix",
		"-A u_str,u_dgr,!u_str":   "unix",
		"-A tcp -A udp --icmp -w": "tcp udp raw icmp",
	} {
		got := ""
		err := withContext(t, strings.Fields(words), func(c *uctx) error {
			set, err := readTables(c)
			for p := range set.protocols.All {
				got += " " + p.String()
			}
			return err
		})
		if err != nil || strings.TrimSpace(got) != want {
			t.Errorf("%q: %s, %v; want %s", words, got, err, want)
		}
	}
}
