package cli

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"sockeye/platform"
	"sockeye/sock"
	"sockeye/sock/snapshot"
)

// replay makes a watch see recorded passes, one after the other.
type replay struct {
	t      *testing.T
	clock  *clock
	passes []string // JSON
	req    platform.Request
	next   int
	end    func() // is called when all were seen
}

// after waits for the next pass.
func (r *replay) after(d time.Duration) <-chan time.Time {
	if r.next == len(r.passes) {
		r.end()
	}
	return r.clock.After(d)
}

func (r *replay) list(ctx context.Context) *platform.Listing {
	if r.next == len(r.passes) {
		r.t.Fatal("more passes were asked for than there are")
	}
	text := r.passes[r.next]
	r.next++
	if message, failed := strings.CutPrefix(text, "fails: "); failed {
		return platform.FromRecording(ctx, failing(strings.TrimSpace(message)), func() sock.Snapshot { return sock.Snapshot{} }, r.req)
	}
	doc, err := snapshot.Open(strings.NewReader(text))
	if err != nil {
		r.t.Fatal(err)
	}
	return platform.FromRecording(ctx, timed{doc, r.clock}, doc.Header, r.req)
}

// failing is a listing that cannot be read.
type failing string

func (f failing) Sockets(context.Context, sock.Query) iter.Seq2[*sock.Socket, error] {
	return func(yield func(*sock.Socket, error) bool) { yield(nil, fmt.Errorf("%s", string(f))) }
}

// timed is a recording whose sockets were read at a time.
type timed struct {
	sock.Recording
	clock *clock
}

func (d timed) Sockets(ctx context.Context, q sock.Query) iter.Seq2[*sock.Socket, error] {
	return func(yield func(*sock.Socket, error) bool) {
		for s, err := range d.Recording.Sockets(ctx, q) {
			if err == nil {
				s.ReadAt = d.clock.now
			}
			if !yield(s, err) {
				return
			}
		}
	}
}

// section returns the file of an archive, and whether it has it.
func section(a *txtar.Archive, name string) (string, bool) {
	for _, f := range a.Files {
		if f.Name == name {
			return string(f.Data), true
		}
	}
	return "", false
}

// TestWatch replays what is in testdata/watch: the words of the command line, the
// passes, and what is to be seen of them. UPDATE_SCRIPTS=1 writes the latter.
func TestWatch(t *testing.T) {
	files, err := filepath.Glob("testdata/watch/*.txtar")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d archives, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := watchArchive(t, a)
			for i, f := range a.Files {
				want, is := got[f.Name]
				if !is || want == string(f.Data) {
					continue
				}
				if os.Getenv("UPDATE_SCRIPTS") == "" {
					t.Errorf("%s: %s", f.Name, cmp.Diff(string(f.Data), want))
					continue
				}
				a.Files[i].Data = []byte(want)
			}
			if os.Getenv("UPDATE_SCRIPTS") != "" {
				if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// watchArchive replays an archive and returns what is to be seen, by the names of its
// files. With a file called screen, standard output is a terminal of that size, and
// its escape sequences are shown.
func watchArchive(t *testing.T, a *txtar.Archive) map[string]string {
	t.Helper()
	words, _ := section(a, "args")
	o, rest, err := readOptions(strings.Fields(words)...)
	if err != nil {
		t.Fatal(err)
	}
	var out, errs strings.Builder
	ctx, cancel := context.WithCancel(withView(t.Context()))
	defer cancel()
	c := newClock()
	streams := IO{Out: &out, Err: &errs, Getenv: func(string) string { return "" }, Now: c.Now}
	if size, ok := section(a, "screen"); ok {
		var width, height int
		if _, err := fmt.Sscan(size, &width, &height); err != nil {
			t.Fatal(err)
		}
		streams.Terminal, streams.Width, streams.Size = true, width, func() (int, int) { return width, height }
		o.color = "never"
	}
	r := &run{IO: streams, ctx: ctx}
	if err := o.check(); err != nil {
		t.Fatal(err)
	}
	f, err := r.readFilter(o, rest)
	if err != nil {
		t.Fatal(err)
	}
	req, err := o.request(f, scope{tables{protocols: tcpAndUDP}, sock.DefaultStates})
	if err != nil {
		t.Fatal(err)
	}
	shape, err := r.shape(o, req.Query, backend{})
	if err != nil {
		t.Fatal(err)
	}
	w, err := r.newWatch(o, &req, shape)
	if err != nil {
		t.Fatal(err)
	}
	passes := &replay{t: t, clock: c, req: req, end: cancel}
	w.After = passes.after
	for _, f := range a.Files {
		if strings.HasPrefix(f.Name, "pass") {
			passes.passes = append(passes.passes, string(f.Data))
		}
	}
	w.list = passes.list
	if err := w.repeat(); err != nil {
		r.fail(err)
	}
	stdout := strings.NewReplacer("\x1b", "ESC", "\r", "CR").Replace(out.String())
	if stdout != "" && !strings.HasSuffix(stdout, "\n") {
		stdout += "\n" // a file of an archive ends so
	}
	return map[string]string{
		"stdout": stdout, "stderr": errs.String(), "status": strconv.Itoa(r.status) + "\n",
	}
}

// TestWatchRefuses what repeating makes no sense of, and takes each spelling.
func TestWatchRefuses(t *testing.T) {
	for words, want := range map[string]string{
		"--watch=0":             "--watch=0: a number of seconds is needed, from 0.001 to 86400",
		"--watch=NaN":           "--watch=NaN: a number of seconds is needed, from 0.001 to 86400",
		"--watch=-1":            "--watch=-1: a number of seconds is needed, from 0.001 to 86400",
		"--watch=1e9":           "--watch=1e9: a number of seconds is needed, from 0.001 to 86400",
		"--watch=soon":          "--watch=soon: a number of seconds is needed, from 0.001 to 86400",
		"--watch=":              "--watch=: a number of seconds is needed, from 0.001 to 86400",
		"-c100000":              "--watch=100000: a number of seconds is needed, from 0.001 to 86400",
		"-c --passes 0":         "--passes 0: a number from 1 on is needed",
		"--passes 2":            "--passes is how often --watch lists, it goes with that only",
		"--duration 5":          "--duration is for a view that goes on, such as trace, --watch and --events",
		"-c --from x":           "--watch repeats a listing of this machine, it goes without --from",
		"-cK":                   "--watch repeats a listing, it goes without --kill",
		"-c -D x":               "--watch repeats a listing, it goes without --dump",
		"-cs":                   "--watch repeats a listing, it goes without --summary",
		"-cE":                   "--watch repeats a listing, it goes without --events",
		"-c --csv":              "--watch goes without --csv, whose lines do not say of which pass they are: --ndjson writes an event a change, --json a document a pass",
		"-c --pids":             "--watch goes without --pids, whose lines do not say of which pass they are: --ndjson writes an event a change, --json a document a pass",
		"-c --ndjson --limit 3": "--watch with --ndjson writes events, it goes without --sort, --group-by and --limit: --json writes a document a pass",
	} {
		o, _, err := readOptions(strings.Fields(words)...)
		if err == nil {
			err = o.check()
		}
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", words, err, want)
		}
	}
	for words, want := range map[string]string{
		"-c": "1s", "--watch": "1s", "--continuous": "1s", "--continuous=3": "3s", "-c2": "2s", "-tc0.5n": "500ms", "--watch=0.1": "100ms",
		"--watch=250ms": "250ms", "-cc": "1s", "-c2c3": "3s", "-c.5": "500ms",
	} {
		o, rest, err := readOptions(append(strings.Fields(words), "rest")...)
		if err != nil || o.watch.String() != want || strings.Join(rest, " ") != "rest" {
			t.Errorf("%s: every %v, then %v, %v", words, o.watch, rest, err)
		}
	}
	if o, rest, err := readOptions("process", "nginx", "-c2"); err != nil || o.watch != 2*time.Second || len(rest) != 1 {
		t.Errorf("of a process: %v, then %v, %v", o.watch, rest, err)
	}
	if o, _, err := readOptions("-tc0.5nu"); err != nil || len(o.tables) != 2 || !o.numeric || o.watch != 500*time.Millisecond {
		t.Errorf("options around a number: %+v, %v", o, err)
	}
}

// TestDocWatch: what docs/watch.md types is taken.
func TestDocWatch(t *testing.T) {
	text, err := os.ReadFile("../../docs/watch.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := 0
	for line := range strings.Lines(string(text)) {
		typed, is := strings.CutPrefix(strings.TrimPrefix(line, "$ "), "sockeye ")
		if !is {
			continue
		}
		commands++
		o, rest, err := readOptions(strings.Fields(strings.ReplaceAll(typed, "'", ""))...)
		if err == nil {
			err = o.check()
		}
		r := &run{IO: IO{In: strings.NewReader(""), Getenv: func(string) string { return "" }, Now: time.Now}, ctx: t.Context()}
		if err == nil {
			_, err = r.readFilter(o, rest)
		}
		if err == nil {
			_, err = r.shape(o, sock.Query{}, backend{})
		}
		if err != nil || o.watch == 0 {
			t.Errorf("%s: %v", strings.TrimSpace(line), err)
		}
	}
	if commands < 4 {
		t.Errorf("%d commands", commands)
	}
}
