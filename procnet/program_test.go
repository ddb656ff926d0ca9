//go:build unix

package procnet

import (
	"slices"
	"strings"
	"testing"
)

func TestArguments(t *testing.T) {
	for name, c := range map[string]struct {
		file  string
		words []string
		line  string
	}{
		"plain":               {"nginx\x00-g\x00daemon off;\x00", []string{"nginx", "-g", "daemon off;"}, "nginx -g daemon off;"},
		"an empty one":        {"cat\x00\x00-\x00", []string{"cat", "", "-"}, "cat -"},
		"overwritten":         {"nginx: master process\x00\x00\x00", []string{"nginx: master process", "", ""}, "nginx: master process"},
		"without a NUL":       {"sshd: alice", []string{"sshd: alice"}, "sshd: alice"},
		"of a kernel thread":  {"", nil, ""},
		"longer than is kept": {strings.Repeat("x", maxArguments+1), []string{strings.Repeat("x", maxArguments)}, strings.Repeat("x", maxArguments)},
	} {
		fs := At(t.TempDir())
		writeFiles(t, fs.root, map[string]string{"77/cmdline": c.file})
		if words, err := fs.Arguments(77); err != nil || !slices.Equal(words, c.words) {
			t.Errorf("%s: %.80q, %v", name, words, err)
		}
		if line, err := fs.CommandLine(77); err != nil || line != c.line {
			t.Errorf("%s: %.80q, %v", name, line, err)
		}
	}
}

func TestParseEffectiveUID(t *testing.T) {
	const before = "Name:\tUid:\nUmask:\t0022\nState:\tS (sleeping)\n"
	for text, want := range map[string]uint32{
		before + "Uid:\t1000\t0\t1000\t1000\nGid:\t1\t2\t3\t4\n": 0,
		before + "Uid:\t0\t65534\t0\t0\n":                        65534,
		"Uid:\t0\t4294967294\t0\t0\n":                            1<<32 - 2,
	} {
		if uid, ok := parseEffectiveUID([]byte(text)); !ok || uid != want {
			t.Errorf("%q: %d, %v", text, uid, ok)
		}
	}
	for _, bad := range []string{"", before, before + "Uid:\t1000\t10", "Uid:\t0\t-1\t0\t0\n", "Uid:\t0\t4294967296\t0\t0\n"} {
		if uid, ok := parseEffectiveUID([]byte(bad)); ok {
			t.Errorf("%q: %d", bad, uid)
		}
	}
}

func FuzzParseEffectiveUID(f *testing.F) {
	f.Add("Name:\tcat\nUid:\t1000\t0\t1000\t1000\n")
	f.Add("Uid:\t1\t2\t3\n")
	f.Add("Uid:\t1\t99999999999\t3\t4\n")
	f.Fuzz(func(t *testing.T, text string) {
		if uid, ok := parseEffectiveUID([]byte(text)); !ok && uid != 0 || ok && !strings.Contains(text, "Uid:") {
			t.Errorf("%q: %d, %v", text, uid, ok)
		}
	})
}
