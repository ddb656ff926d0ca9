package livetest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sockeye/internal/test/fault"
	"sockeye/internal/test/population"
)

// question is what sockeye is asked while calls fail.
type question struct {
	args []string
	// seldom: it is asked where every error is tried.
	seldom bool
	// script: its answer is for a script, and has no other form.
	script  bool
	learned bool
	// rows is the answer without a fault: the sockets, and who holds each; told
	// is the same for people.
	rows map[string][]string
	told outcome
}

func questions(p faultPopulation) []*question {
	port, deep := strconv.Itoa(p.shared), strconv.Itoa(p.deepPort)
	var all []*question
	for i, args := range []string{
		"-tuxa", "-tuxa --owners proc", "-ta --source proc", "port " + deep, "process " + strconv.Itoa(p.deep) + " --owners proc",
		"process nobody-is-called-so", "-ta dev lo", "port 9",
		"-tanp", "-xa", "-tua --owners bpf", "-ta --no-processes", "port " + port, "process " + strconv.Itoa(p.mass),
	} {
		all = append(all, &question{args: strings.Fields(args), seldom: i > 7})
	}
	for _, args := range []string{
		"port " + port + " --pids", "-ta --pids --owners proc", "-tua --count", "process " + strconv.Itoa(p.deep) + " -q",
	} {
		all = append(all, &question{args: strings.Fields(args), script: true})
	}
	return all
}

// TestFaults asks while system calls fail. The answer is right, or says what is
// missing from it: never a wrong owner, a wrong reason or a socket less without
// a word. In its long form the test tries every error with every question.
func TestFaults(t *testing.T) {
	if !population.Alone(t, "cat") {
		return
	}
	switch runtime.GOARCH {
	case "386", "s390x":
		t.Skip("the calls about sockets are all socketcall(2)")
	}
	p := newFaultPopulation(t)
	asked := questions(p)
	held := socketsOf(t)
	every, apart := population.Long(), 2 // of two questions one is asked
	if testing.Short() {
		apart = 40
	}
	for n, c := range faultCases(p) {
		t.Run(c.name, func(t *testing.T) {
			hits := 0
			for i, q := range asked {
				for j, errno := range faultErrors {
					if c.fault.Errno = errno; c.part && errors.Is(errno, os.ErrPermission) {
						continue
					}
					turn := !q.seldom && j == (n+i)/apart%len(faultErrors)
					if !q.script && (every || turn && (n+i)%apart == 0) {
						q.learn(t, held)
						hits += q.ask(t, c)
					}
					if turn && (every || (n+i)%(apart+1) == 0) {
						q.learn(t, held)
						q.tell(t, c)
					}
				}
			}
			if every && hits == 0 {
				t.Error("the call was never made")
			}
		})
	}
}

// learn asks once without a fault, and checks the answer against a look into /proc.
func (q *question) learn(t *testing.T, held map[uint64][]string) {
	t.Helper()
	if q.learned {
		return
	}
	q.learned = true
	if q.told = run(t, sockeye(t, q.args...)); q.script {
		if q.told.status != 0 || q.told.stderr != "" {
			t.Fatalf("%v without a fault: %+v", q.args, q.told)
		}
		return
	}
	got := run(t, sockeye(t, append([]string{"--json", "--strict"}, q.args...)...))
	doc := decode(t, got.stdout)
	if !doc.Complete || got.stderr != "" && len(doc.Sockets) > 0 {
		t.Fatalf("%v without a fault: %q, complete %v", q.args, got.stderr, doc.Complete)
	}
	q.rows = map[string][]string{}
	for _, r := range doc.Sockets {
		row, owners := faultRow(t, r)
		if q.owners() && r.Inode != nil && !slices.Equal(owners, held[*r.Inode]) {
			t.Fatalf("%v without a fault: %s is held by %v, not %v", q.args, row, held[*r.Inode], owners)
		}
		q.rows[row] = owners
	}
	if want := q.status(doc); got.status != want || q.told.status != want {
		t.Fatalf("%v without a fault: exit status %d, %d rows", q.args, got.status, len(q.rows))
	}
}

func (q *question) owners() bool { return !slices.Contains(q.args, "--no-processes") }

// faultRow is what is compared of a row, and who holds the socket or why nobody
// does.
func faultRow(t *testing.T, r record) (row string, owners []string) {
	t.Helper()
	f := factsOf(t, r)
	for _, o := range r.Owners {
		owners = append(owners, fmt.Sprintf("%d/%d", o.PID, o.FD))
	}
	if owners == nil {
		owners = []string{deref(r.OwnerStatus)}
	}
	return strings.Join([]string{r.Protocol, r.Family, f.inode, f.local, f.remote, r.State, f.path}, " "), owners
}

// ask asks with a fault, and returns how many calls failed.
func (q *question) ask(t *testing.T, c faultCase) (hits int) {
	t.Helper()
	name := fmt.Sprintf("%v %v", c.fault.Errno, q.args)
	got, hits := runFaulty(t, c.fault, append([]string{"--json", "--strict"}, q.args...)...)
	lines := faultMessages(t, got)
	if got.stdout == "" {
		if got.status != 3 || len(lines) == 0 || hits == 0 {
			t.Errorf("%s: no answer, exit status %d, %q", name, got.status, lines)
		}
		return hits
	}
	doc := decode(t, got.stdout)
	missing := q.compare(t, name, doc)
	if c.beside && missing != "" && errors.Is(c.fault.Errno, os.ErrPermission) {
		return hits
	}
	switch {
	case missing != "" && doc.Complete:
		t.Errorf("%s: not a word about %s", name, missing)
	case !doc.Complete && (len(lines) == 0 || len(doc.Warnings) == 0):
		t.Errorf("%s: not complete, with the warnings %v and the messages %q", name, doc.Warnings, lines)
	case !doc.Complete && (c.whole && !slices.Contains(q.args, "bpf") || hits == 0):
		t.Errorf("%s: not complete: %q", name, lines)
	}
	// Beside the listing it may fail to tell whether there is such a process.
	failed := got.status == 3 && len(doc.Sockets) == 0 && len(lines) > 0 && hits > 0
	if want := q.status(doc); got.status != want && !failed {
		t.Errorf("%s: exit status %d, want %d, %q", name, got.status, want, lines)
	}
	return hits
}

// tell asks for people. What is told without a message is what is told without a
// fault, and that there is nothing is said only where that is so.
func (q *question) tell(t *testing.T, c faultCase) {
	t.Helper()
	name := fmt.Sprintf("%v %v", c.fault.Errno, q.args)
	got, _ := runFaulty(t, c.fault, q.args...)
	lines := faultMessages(t, got)
	same := q.text(got) == q.text(q.told) && got.status == q.told.status
	if !same && !c.beside && (len(lines) == 0 || got.status != 3 && (got.status != 0 || got.stdout == "")) {
		t.Errorf("%s, for people: exit status %d, %q, %q instead of %q", name, got.status, lines, q.text(got), q.text(q.told))
	}
}

// processes are those that the answer to `port` names, parents those that are told of
// them.
var (
	processes = regexp.MustCompile(`\w+\[[0-9]+\]`)
	parents   = regexp.MustCompile(`child of .*`)
)

// text is what is compared of an answer for people, without ages and what else is known
// of a process: of `port` the processes, of `process` the table.
func (q *question) text(o outcome) string {
	if q.script {
		return o.stdout
	}
	switch q.args[0] {
	case "port":
		return strings.Join(processes.FindAllString(parents.ReplaceAllString(o.stdout, ""), -1), " ")
	case "process":
		table, _, _ := strings.Cut(o.stdout, "\n\n")
		return table
	}
	return o.stdout
}

// faultMessages returns the messages; of one about a filter the first line, without
// the word that it is about.
func faultMessages(t *testing.T, o outcome) []string {
	t.Helper()
	var lines strings.Builder
	for line := range strings.Lines(o.stderr) {
		if !strings.HasPrefix(line, "    ") {
			lines.WriteString(line)
		}
	}
	return checkMessages(t, lines.String())
}

// compare reports the first thing that is wrong in an answer, and returns the
// first that it lacks.
func (q *question) compare(t *testing.T, name string, doc document) (missing string) {
	t.Helper()
	seen := map[string]bool{}
	for _, r := range doc.Sockets {
		row, owners := faultRow(t, r)
		want, known := q.rows[row]
		unknown := slices.Contains([]string{"permission", "not_searched"}, owners[0])
		wrong := !unknown && slices.ContainsFunc(owners, func(o string) bool { return !slices.Contains(want, o) })
		switch {
		case !known && r.Protocol == "unix" && r.LocalPath == nil:
			continue // the launcher and its processes talk through such pairs
		case !known:
			t.Errorf("%s: no such socket was made: %s", name, row)
			return missing
		case seen[row]:
			t.Errorf("%s: twice: %s", name, row)
			return missing
		case wrong:
			t.Errorf("%s: %s is held by %v, not %v", name, row, want, owners)
			return missing
		case !slices.Equal(owners, want):
			missing = "owners of " + row
		}
		seen[row] = true
	}
	for row := range q.rows {
		if !seen[row] {
			missing = row
		}
	}
	return missing
}

// status is the exit status that an answer must have with --strict.
func (q *question) status(doc document) int {
	switch {
	case !doc.Complete:
		return 3
	case len(doc.Sockets) == 0:
		return 1
	}
	return 0
}

// runFaulty runs sockeye with a fault, and returns how many calls failed.
func runFaulty(t *testing.T, f fault.Fault, args ...string) (outcome, int) {
	t.Helper()
	cmd := sockeye(t, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	program, err := fault.Start(cmd, f)
	if err != nil {
		t.Fatal(err)
	}
	hang := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer hang.Stop()
	hits, _, err := program.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if !cmd.ProcessState.Exited() {
		t.Errorf("%v %v: %v", f.Errno, args, cmd.ProcessState)
	}
	return outcome{out.String(), errs.String(), cmd.ProcessState.ExitCode()}, hits[0]
}
