package cli

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestCandidates: commands, the options of the command alone, and known values.
func TestCandidates(t *testing.T) {
	for words, want := range map[string]string{
		"--js":                   "--json",
		"pro":                    "process",
		"-t --colo":              "--color",
		"--color al":             "always",
		"--color=al":             "--color=always",
		"--color = al":           "--color=always",
		"port 80 --uni":          "",
		"process x --uni":        "--unix",
		"process x --dum":        "",
		"--dum":                  "--dump",
		"-tA unix,u_s":           "unix,u_str unix,u_seq",
		"-C pid,local_p":         "pid,local_port pid,local_path",
		"--sort recv":            "recv_queue recv_rate",
		"trace --event-source d": "destroy",
		"top --event-source d":   "",
		"doctor --set orphans.":  "orphans.percent",
		"-t state time":          "time_wait",
		"-t dport = 80 and spor": "sport",
		"help owner":             "owner_status",
		"help po":                "port",
		"completion f":           "fish",
		"--nosuch x":             "",
		"-Z":                     "",
	} {
		fields := strings.Fields(words)
		if got := candidates(fields); !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%s: %q, want %q", words, got, want)
		}
	}
	if all := candidates([]string{""}); !slices.Contains(all, "port") || !slices.Contains(all, "state") {
		t.Errorf("of nothing: %q", all)
	}
	for _, cmd := range commands(&options{}) {
		got := candidates([]string{cmd.name, "--"})
		if !slices.Equal(got, cmd.spellings()) {
			t.Errorf("%s: %q", cmd.name, got)
		}
	}
}

// TestCompletionInShells asks the shells themselves.
func TestCompletionInShells(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(self, dir+"/sockeye"); err != nil {
		t.Skip(err) // a privilege on Windows
	}
	for shell, script := range map[string]string{
		"bash": `source <(sockeye completion bash)
COMP_WORDS=(sockeye -t --color al); COMP_CWORD=3; _sockeye; echo "${COMPREPLY[@]}"
COMP_WORDS=(sockeye port 80 --jso); COMP_CWORD=3; _sockeye; echo "${COMPREPLY[@]}"`,
		"zsh": `autoload -U compinit; compinit -D -u; compadd() { shift; print -l -- "${(@P)1}" }
source <(sockeye completion zsh)
words=(sockeye -t --color al) CURRENT=4; _sockeye
words=(sockeye port 80 --jso) CURRENT=4; _sockeye`,
		"fish": `sockeye completion fish | source
complete -C 'sockeye -t --color al'; complete -C 'sockeye port 80 --jso'`,
	} {
		t.Run(shell, func(t *testing.T) {
			path, err := exec.LookPath(shell)
			if err != nil && os.Getenv("SOCKEYE_TEST_REQUIRE") == "all" {
				t.Fatal(err)
			}
			if err != nil {
				t.Skip(err)
			}
			cmd := exec.Command(path, "-c", script)
			cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "HOME="+dir)
			out, err := cmd.CombinedOutput()
			if got := strings.Fields(string(out)); err != nil || !slices.Equal(got, []string{"always", "--json"}) {
				t.Errorf("%v, %q", err, out)
			}
		})
	}
}
