package procnet

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sockeye/sock"
)

const ringInfo = "pos:\t0\nflags:\t02000002\nmnt_id:\t17\nino:\t41266143\nSqMask:\t0x3\nSQEs:\t0\n" +
	"UserFiles:\t4\n    0: socket:[41266144]\n    1: /tmp/a: socket:[7]\n    2: <none>\n10003: socket:[41266145]\n" +
	"UserBufs:\t1\n    0: 0x7f00/4096\nPollList:\n  op=6, task_works=0\nCqOverflowList:\nNAPI:\tdisabled\n"

func TestParseRing(t *testing.T) {
	for text, want := range map[string][]uint64{
		ringInfo: {41266144, 41266145},
		"UserFiles:\t2\n    0: socket:[1]\n    1: socket:[2]\nUserBufs:\t0\n    2: socket:[3]\n": {1, 2},
		"UserFiles:\t1\n    0: TCP\n": nil, // before Linux 6.13
		"":                            nil,
	} {
		got, err := parseRing(strings.NewReader(text))
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%.40q: %v, %v, want %v", text, got, err, want)
		}
	}
	if _, err := parseRing(strings.NewReader(strings.Repeat("x", 1<<20))); err == nil {
		t.Error("a line of a megabyte is no error")
	}
}

func TestParseTransit(t *testing.T) {
	for text, want := range map[string]int{"pos:\t0\nino:\t7\nscm_fds: 3\n": 3, "pos:\t0\nscm_fds: 0\n": 0, "pos:\t0\n": 0, "": 0} {
		if got, err := parseTransit(strings.NewReader(text)); got != want || err != nil {
			t.Errorf("%q: %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"scm_fds: x\n", "scm_fds: -1\n", "scm_fds: 9999999999\n"} {
		if _, err := parseTransit(strings.NewReader(text)); err == nil {
			t.Errorf("%q is no error", text)
		}
	}
}

func FuzzFDInfo(f *testing.F) {
	f.Add(ringInfo)
	f.Add("scm_fds: 3\n")
	f.Fuzz(func(t *testing.T, text string) {
		inodes, _ := parseRing(strings.NewReader(text))
		if len(inodes) > strings.Count(text, "socket:[") {
			t.Error("more sockets than there are")
		}
		if n, _ := parseTransit(strings.NewReader(text)); n < 0 {
			t.Error("fewer than none")
		}
	})
}

func TestInfoOfADescriptor(t *testing.T) {
	fs := At(t.TempDir())
	for path, text := range map[string]string{
		"9/fdinfo/3": "scm_fds: 2\n", "9/task/12/fdinfo/3": "UserFiles:\t1\n    0: socket:[5]\n",
	} {
		path = filepath.Join(fs.root, path)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if err == nil {
			err = os.WriteFile(path, []byte(text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	p := &sock.Process{PID: 9}
	if n, err := fs.InTransit(sock.Owner{Process: p, FD: 3}); n != 2 || err != nil {
		t.Errorf("%d in transit, %v", n, err)
	}
	if inodes, err := fs.RingSockets(sock.Owner{Process: p, FD: 3, TID: 12}); !slices.Equal(inodes, []uint64{5}) || err != nil {
		t.Errorf("sockets %v, %v", inodes, err)
	}
	if _, err := fs.InTransit(sock.Owner{Process: p, FD: 4}); err == nil {
		t.Error("no such descriptor is no error")
	}
}
