package procnet

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// statLine is /proc/PID/stat of a process of this name and start time.
func statLine(pid int, comm string, ticks uint64) string {
	return fmt.Sprintf("%d (%s) S 1 %d %d 0 -1 4194560 1060 0 0 0 0 0 0 0 20 0 1 0 %d 7532544 936 18446744073709551615 1 1 0 0 0 0 0 4096 0 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
		pid, comm, pid, pid, ticks)
}

var hostileComms = []string{"cat", "a b", "my (p) x", ") S 1 1 1", "(", ")", "", "two\nlines", "\x1b[31m", "bytes\xff"}

func TestParseStat(t *testing.T) {
	for _, name := range hostileComms {
		line := []byte(statLine(77, name, 123456))
		s, ok := parseStat(line)
		if !ok || string(s.name) != name || s.parent != 1 || s.start != 123456 {
			t.Errorf("%q: got %+v, %v", name, s, ok)
		}
	}
	line := statLine(77, "cat", 123456)
	for _, bad := range []string{"", "77", "77 (cat", "77 cat) S", ")(", "77 (cat)", line[:60], "77 (cat) S  1 " + line[15:],
		"77 (cat) S", "77 (cat) S 1", "77 (cat) S -1 " + line[13:], "77 (cat) S 99999999999 " + line[13:]} {
		if s, ok := parseStat([]byte(bad)); ok {
			t.Errorf("%q: got %+v", bad, s)
		}
	}
	// A number that the end of the buffer may have cut is none.
	for n := range line {
		if s, ok := parseStat([]byte(line[:n])); ok && s.start != 123456 {
			t.Errorf("%q: got %d", line[:n], s.start)
		}
	}
}

func TestStartTime(t *testing.T) {
	fs := At(t.TempDir())
	for pid, text := range map[string]string{"77": statLine(77, "a) (b", 42), "78": "", "79": "79 (cat) S"} {
		if err := os.Mkdir(filepath.Join(fs.root, pid), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(fs.root, pid, "stat"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if ticks, err := fs.StartTime(77); ticks != 42 || err != nil {
		t.Errorf("got %d, %v", ticks, err)
	}
	for _, pid := range []int{78, 79} {
		if ticks, err := fs.StartTime(pid); err == nil || errors.Is(err, os.ErrNotExist) {
			t.Errorf("%d: got %d, %v", pid, ticks, err)
		}
	}
	if _, err := fs.StartTime(80); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no process: %v", err)
	}
}

func TestParseSocketLink(t *testing.T) {
	for text, want := range map[string]uint64{
		"socket:[1]": 1, "socket:[18446744073709551615]": 1<<64 - 1,
		"socket:[0]": 0, "socket:[]": 0, "socket:[12": 0, "socket:[1]x": 0, "socket:[-1]": 0,
		"socket:[18446744073709551616]": 0, "pipe:[12]": 0, "/tmp/socket:[12]": 0, "": 0,
		"/socket:[12] (deleted)": 0, "anon_inode:[eventpoll]": 0,
	} {
		if got, ok := parseSocketLink([]byte(text)); got != want && want != 0 || ok != (want != 0) {
			t.Errorf("%q: got %d, %v", text, got, ok)
		}
	}
}

func TestParseNumber(t *testing.T) {
	for text, want := range map[string]int32{"0": 0, "7": 7, "2147483647": 1<<31 - 1} {
		if got, ok := parseNumber([]byte(text)); got != want || !ok {
			t.Errorf("%q: got %d, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "self", "1x", "-1", "2147483648", "99999999999999999999", "."} {
		if got, ok := parseNumber([]byte(text)); ok {
			t.Errorf("%q: got %d", text, got)
		}
	}
}

func TestInitialUserNamespace(t *testing.T) {
	for target, want := range map[string]bool{"user:[4026531837]": true, "user:[4026532201]": false, "net:[4026531837]": false, "": false} {
		fs := At(t.TempDir())
		dir := filepath.Join(fs.root, "self", "ns")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if target != "" {
			if err := os.Symlink(target, filepath.Join(dir, "user")); err != nil {
				t.Skip(err) // symbolic links need a privilege on Windows
			}
		}
		if got := fs.InitialUserNamespace(); got != want {
			t.Errorf("%q: got %v", target, got)
		}
	}
}
