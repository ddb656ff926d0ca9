package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReplaceTable(t *testing.T) {
	for name, test := range map[string]struct{ page, want string }{
		"no page":    {"", "# Benchmarks\n\n" + beginMarker + "\nnew\n" + endMarker + "\n"},
		"no markers": {"# Title\ntext\n\n\n", "# Title\ntext\n\n" + beginMarker + "\nnew\n" + endMarker + "\n"},
		"old table":  {"a\n" + beginMarker + "\nold\n| x |\n" + endMarker + "\nb\n", "a\n" + beginMarker + "\nnew\n" + endMarker + "\nb\n"},
	} {
		got, err := replaceTable([]byte(test.page), "\nnew\n\n")
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(test.want, string(got)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		again, err := replaceTable(got, "new")
		if err != nil || string(again) != string(got) {
			t.Errorf("%s: not the same when done again: %q, %v", name, again, err)
		}
	}
}

func TestReplaceTableRefuses(t *testing.T) {
	for _, page := range []string{
		beginMarker + "\n",
		endMarker + "\n" + beginMarker + "\n",
		beginMarker + beginMarker + endMarker,
	} {
		if got, err := replaceTable([]byte(page), "new"); !errors.Is(err, errMarkers) {
			t.Errorf("replaceTable(%q) = %q, %v", page, got, err)
		}
	}
}

func TestWriteTable(t *testing.T) {
	ours := []sample{{Wall: 10 * time.Millisecond, CPU: 8 * time.Millisecond, RSS: 5 << 10}, {Wall: 12 * time.Millisecond, RSS: 40 << 10}}
	peer := []sample{{Wall: 40 * time.Millisecond, RSS: 2 << 10}, {Wall: 48 * time.Millisecond, CPU: 2 * time.Millisecond}}
	var b strings.Builder
	err := writeTable(&b, about{Command: "go run ./bench", Date: "2026-01-02", Machine: []string{"Linux"}, Sockets: 5, Runs: 2, FloorMiB: 4},
		[]result{
			{Row: row{Name: "a|b", Ours: words("sockeye -t"), Peer: words("ss -t"), Budget: 0.2, MaxRSS: 32 << 10}, Ours: ours, Peer: peer},
			{Row: row{Name: "c", Ours: words("sockeye"), Peer: words("x")}, Skipped: "x is not installed"},
			{Row: row{Name: "d", Ours: words("screened"), Peer: words("y"), Most: 10, MaxRSS: 64 << 10}, Alone: "y is not installed", Ours: ours},
		})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Made by `go run ./bench` on 2026-01-02: 5 sockets, 2 runs",
		"\n- Linux\n",
		"below 4.0 MiB",
		"| a\\|b | `sockeye -t` | `ss -t` | 10.0 / 11.0 / 12.0 | 40.0 / 44.0 / 48.0 | **0.250** (0.250) | 0.2, 32 MiB; missed: time, memory | 4 / 1 | 40.0 / 2.0 |\n",
		"| c | `sockeye` | `x` | not measured: x is not installed | | | | | |\n",
		"| d | `screened` | `y` | 10.0 / 11.0 / 12.0 | y is not installed | - | 10 ms, 64 MiB; missed: time | 4 | 40.0 |\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}
