package livetest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sockeye/internal/test/livetest/sstext"
	"sockeye/internal/test/population"
	"sockeye/sock"
)

// ssRows lists one table with ss, all states, with a filter or without.
func ssRows(t *testing.T, table sstext.Table, env []string, words ...string) []sstext.Row {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "ss", append([]string{"-Hnae", "-O", "-" + string(table)}, words...)...)
	cmd.Env = append(os.Environ(), env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil || errs.Len() > 0 {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, errs.String())
	}
	rows, err := sstext.Parse(&out, table)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// cookiesOf are the kernel's numbers of what ss lists, without TCP sockets that
// only an ss since 6.8 asks for: those that are bound and do not listen.
func cookiesOf(rows []sstext.Row) (cookies []string) {
	for _, r := range rows {
		if r.Table != sstext.TCP || r.State != "UNCONN" {
			cookies = append(cookies, r.Cookie)
		}
	}
	slices.Sort(cookies)
	return cookies
}

const ssExpressions, ssExpressionsShort = 300, 20

// TestFiltersOfSS: the same expression selects the same sockets in ss, for what
// ss has and does right. Everything is in parentheses, since it has no
// precedence, and ports of remote ends are compared so that port 0, which it
// sees at listeners, is not selected.
func TestFiltersOfSS(t *testing.T) {
	if !population.Alone(t, "ss", "ip", "cat") {
		return
	}
	set, err := population.Parity(t.TempDir())
	keep(t, set, err)
	w := newWays(t, threeWaysSeed+1)
	w.ss = true
	selected := 0
	count := ssExpressions
	if !population.Long() {
		count = ssExpressionsShort
	}
	for i := range count {
		e := w.expression(2)
		diff := ""
		for range 2 {
			var all []string
			for _, table := range []sstext.Table{sstext.TCP, sstext.UDP} {
				all = append(all, cookiesOf(ssRows(t, table, nil, strings.Fields(e.spell(true))...))...)
			}
			ours := w.oursLikeSS(t, e)
			selected += len(ours)
			if diff = lineDiff(all, ours); diff == "" {
				break
			}
			w.refresh(t)
		}
		if diff != "" {
			t.Fatalf("%s (number %d)\ncookies (-ss +sockeye):\n%s", e.spell(true), i, diff)
		}
	}
	t.Logf("%d expressions, %d sockets selected", count, selected)
	if selected < count*10 || selected > count*(len(w.rows)-10) {
		t.Error("the expressions are too easy")
	}
}

// oursLikeSS selects with the text that ss got, through the whole program.
func (w *ways) oursLikeSS(t *testing.T, e *expression) (cookies []string) {
	t.Helper()
	got := run(t, sockeye(t, "-tua", "--no-processes", "--ndjson", e.spell(true)))
	if got.status > 1 {
		t.Fatalf("%s: exit status %d\n%s", e.spell(true), got.status, got.stderr)
	}
	for _, r := range decodeLines(t, got.stdout) {
		if r.State != sock.Bound.String() {
			cookies = append(cookies, deref(r.Cookie))
		}
	}
	slices.Sort(cookies)
	return cookies
}

// TestRawDumps: what sockeye dumps, ss reads, and the other way round, and each
// finds in it what it finds live.
func TestRawDumps(t *testing.T) {
	if !population.Alone(t, "ss", "ip", "cat") {
		return
	}
	set, err := population.Parity(t.TempDir())
	keep(t, set, err)
	dir := t.TempDir()
	t.Run("ours, read by ss", func(t *testing.T) {
		file := filepath.Join(dir, "ours")
		again(t, func() string {
			list(t, "-ta", "--dump", file)
			live, dumped := ssRows(t, sstext.TCP, nil), ssRows(t, sstext.TCP, []string{"TCPDIAG_FILE=" + file})
			return lineDiff(ssFacts(live), ssFacts(dumped)) + oursOfDump(t, file)
		})
	})
	t.Run("ss's, read by us", func(t *testing.T) {
		file := filepath.Join(dir, "ss")
		again(t, func() string {
			if out, err := exec.Command("ss", "-D", file, "state", "all").CombinedOutput(); err != nil {
				t.Fatal(err, string(out))
			}
			return oursOfDump(t, file)
		})
	})
	t.Run("with an expression", func(t *testing.T) {
		for _, filter := range []string{"src 127.0.0.0/8 and not state listening", "dev lo", "uid != 0", "pid > 0 and state listening", "state fin-wait-2"} {
			file := filepath.Join(dir, "some")
			again(t, func() string {
				list(t, "-ta", "--dump", file, filter)
				return lineDiff(cookiesOfOurs(t, "-ta", filter), cookiesOfOurs(t, "-ta", "--from", file))
			})
		}
	})
	t.Run("to a pipe", func(t *testing.T) {
		list(t, "-ta", "--dump", filepath.Join(dir, "whole"))
		whole, err := os.ReadFile(filepath.Join(dir, "whole"))
		if err != nil {
			t.Fatal(err)
		}
		cmd := sockeye(t, "-ta", "--from", "-", "--count")
		cmd.Stdin = strings.NewReader(list(t, "-ta", "--dump", "-"))
		fromPipe := run(t, cmd)
		cmd = sockeye(t, "-ta", "--from", "-", "--count")
		cmd.Stdin = bytes.NewReader(whole)
		if fromFile := run(t, cmd); fromFile != fromPipe || fromFile.status != 0 {
			t.Errorf("%+v from a pipe, %+v from a file", fromPipe, fromFile)
		}
	})
}

// again reports a difference that stays: timers of the kernel go on, some connections
// end by themselves, and what is on its way is acknowledged late.
func again(t *testing.T, compare func() string) {
	t.Helper()
	diff := ""
	for pause := time.Millisecond; pause < 5*time.Second; pause *= 2 {
		if diff = compare(); diff == "" {
			return
		}
		time.Sleep(pause)
	}
	t.Error(diff)
}

// oursOfDump compares a dump with the live system. ss before 6.8 does not dump
// what is bound alone.
func oursOfDump(t *testing.T, file string) string {
	return lineDiff(cookiesOfOurs(t, "-ta", "state != bound"), cookiesOfOurs(t, "-ta", "state != bound", "--from", file))
}

func cookiesOfOurs(t *testing.T, args ...string) (lines []string) {
	t.Helper()
	for _, r := range decodeLines(t, list(t, append([]string{"--ndjson", "--no-processes", "-e"}, args...)...)) {
		f := factsOf(t, r)
		f.owners, f.device = "-", "-" // a dump has neither names nor owners
		lines = append(lines, f.line())
	}
	return lines
}

func ssFacts(rows []sstext.Row) (lines []string) {
	for _, r := range rows {
		if r.State == "UNCONN" {
			continue
		}
		f := factsOfSS(r, "tcp")
		f.owners = "-"
		lines = append(lines, f.line())
	}
	return lines
}
