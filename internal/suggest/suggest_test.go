package suggest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var words = []string{"sport", "dport", "pid", "process", "recv_queue", "send_queue", "local_port", "state"}

func TestNames(t *testing.T) {
	tests := map[string][]string{
		"dprot":           {"dport"},
		"port":            {"sport", "dport"},
		"Recv-Queue":      {"recv_queue"},
		"RECVQUEUE":       {"recv_queue"},
		"queue":           {"recv_queue", "send_queue"},
		"pdi":             {"pid"},
		"pidd":            {"pid"},
		"procces":         {"process"},
		"":                nil,
		"--":              nil,
		"x":               nil,
		"somethingbetter": nil,
	}
	for word, want := range tests {
		if got := Names(word, words); !cmp.Equal(got, want) {
			t.Errorf("Names(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestNearest(t *testing.T) {
	if got, ok := Nearest("stat", words); !ok || got != "state" {
		t.Errorf("Nearest(stat) = %q, %v", got, ok)
	}
	if got, ok := Nearest("nothing_like_it", words); ok {
		t.Errorf("Nearest(nothing_like_it) = %q", got)
	}
}

func TestNamesLeavesShortOnes(t *testing.T) {
	if got := Names("inod", []string{"id", "pod", "inode"}); !cmp.Equal(got, []string{"inode"}) {
		t.Errorf("got %q", got)
	}
}

func TestNamesGivesThreeOnce(t *testing.T) {
	got := Names("port", []string{"port1", "port1", "port2", "port3", "port4"})
	if want := []string{"port1", "port2", "port3"}; !cmp.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestHint(t *testing.T) {
	for word, want := range map[string]string{
		"dprot": ", did you mean dport?",
		"queue": ", did you mean recv_queue or send_queue?",
		"zzzzz": "",
	} {
		if got := Hint(word, words); got != want {
			t.Errorf("Hint(%q) = %q, want %q", word, got, want)
		}
	}
}

func FuzzNames(f *testing.F) {
	f.Add("dprot", "dport,sport")
	f.Add("\xff-_", "\xff,é")
	f.Fuzz(func(t *testing.T, word, among string) {
		list := strings.Split(among, ",")
		if got := Names(word, list); len(got) > most {
			t.Fatalf("%d names", len(got))
		}
	})
}
