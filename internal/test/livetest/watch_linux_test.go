package livetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye/internal/cli"
	"sockeye/internal/test/population"
)

// event is a line of --watch --ndjson.
type event struct {
	Event           string
	Time            time.Time
	Initial         bool
	Passes, Skipped int
	Cookie, State   string
	LocalAddress    string `json:"local_address"`
	LocalPort       int    `json:"local_port"`
	RecvQueue       int    `json:"recv_queue"`
	RemotePort      int    `json:"remote_port"`
	PID             int    `json:"pid"`
	RecvRate        *int64 `json:"recv_rate"`
	SendRate        *int64 `json:"send_rate"`
	Behind          struct{ Address string }
}

// key tells a socket from the others: by its cookie, or by its ends.
func (e *event) key() string {
	if e.Cookie != "" {
		return e.Cookie
	}
	return fmt.Sprint(e.LocalAddress, ":", e.LocalPort, "-", e.RemotePort)
}

// follower reads events as they are written.
type follower struct {
	t    *testing.T
	rest []byte
	see  func(event)
}

func (f *follower) Write(b []byte) (int, error) {
	f.rest = append(f.rest, b...)
	for {
		line, rest, whole := bytes.Cut(f.rest, []byte{'\n'})
		if !whole {
			break
		}
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			f.t.Errorf("%v: %s", err, line)
		}
		f.see(e)
		f.rest = rest
	}
	f.rest = append(f.rest[:0:0], f.rest...)
	return len(b), nil
}

// watchHere runs a watch in this process, without waiting between its passes unless
// after says so. after is called behind each pass with its number.
func watchHere(t *testing.T, see func(event), after func(pass int), args ...string) {
	t.Helper()
	watchInto(t, &follower{t: t, see: see}, after, args...)
}

// watchInto is watchHere for what is no event.
func watchInto(t *testing.T, out io.Writer, after func(pass int), args ...string) {
	t.Helper()
	passes := 0
	var errs strings.Builder
	status := cli.Main(t.Context(), args, cli.IO{
		In: strings.NewReader(""), Out: out, Err: &errs, Getenv: os.Getenv, Now: time.Now,
		After: func(d time.Duration) <-chan time.Time {
			passes++
			if after == nil {
				return time.After(d)
			}
			after(passes)
			now := make(chan time.Time, 1)
			now <- time.Now()
			return now
		},
	})
	if status != 0 {
		t.Errorf("status %d, %s", status, errs.String())
	}
	checkMessages(t, errs.String())
}

// footprint is what a process holds.
type footprint struct {
	heap              uint64
	files, goroutines int
}

func footprintOf(t *testing.T) footprint {
	t.Helper()
	runtime.GC()
	runtime.GC() // what the first has finalized
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return footprint{m.HeapAlloc, len(files), runtime.NumGoroutine()}
}

// grown reports whether one holds more than another. Maps whose keys come and go take
// somewhat more in the course of time, up to a bound: a quarter and a MiB are allowed.
// One forgotten socket of each pass would be more.
func (f footprint) grown(before footprint) bool {
	return f.files != before.files || f.goroutines != before.goroutines || f.heap > before.heap+before.heap/4+1<<20
}

// TestWatchForHours makes passes over connections that change, one right behind the
// other: what it holds does not grow, and the events add up to what is there at the
// end. In its long form these are 3,000 passes over 5,000 sockets, as many as
// --watch=0.1 makes in five minutes.
func TestWatchForHours(t *testing.T) {
	connections, passes := 500, 300
	switch {
	case population.Long():
		connections, passes = 2500, 3000
	case testing.Short():
		connections, passes = 100, 30
	}
	watchRestless(t, connections, passes, "cookie", "cookie,recv_rate", "--no-processes")
}

// TestWatchOwners does the same with a search for owners in each pass.
func TestWatchOwners(t *testing.T) {
	connections, passes := 500, 60
	if testing.Short() {
		connections, passes = 100, 30
	}
	watchRestless(t, connections, passes, "cookie,pid", "cookie,pid")
}

// TestWatchProc does it with a source that tells no cookies.
func TestWatchProc(t *testing.T) {
	watchRestless(t, 100, 60, "state", "state", "--no-processes", "--source", "proc")
}

// watchRestless watches a population with some columns, of which a listing by itself
// has those of the first list.
func watchRestless(t *testing.T, connections, passes int, columns, rates string, options ...string) {
	if !population.Alone(t) {
		return
	}
	restless, err := population.Restless(connections)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := restless.Stop(); err != nil {
			t.Error(err)
		}
	}()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(restless.Pause())
	before := queuesNow(t, watched(columns, options...))
	said := map[string]int{} // what the events say that there is
	owner := map[string]int{}
	kinds := map[string]int{}
	var tenth, last footprint
	began := time.Now()
	watchHere(t, func(e event) {
		kinds[e.Event]++
		_, there := said[e.key()]
		switch {
		case e.Event == "end":
			if e.Passes != passes {
				t.Errorf("%d passes were made, %d were asked for", e.Passes, passes)
			}
			return
		case there == (e.Event == "opened"):
			t.Errorf("%s of a socket that is there: %t", e.Event, there)
		}
		said[e.key()], owner[e.key()] = e.RecvQueue, e.PID
		if e.Event == "closed" {
			delete(said, e.key())
			delete(owner, e.key())
		}
	}, func(pass int) {
		if 1 < pass && pass < passes-2 && kinds["closed"] <= pass/10 {
			time.Sleep(10 * time.Millisecond) // passes are faster here than the population moves
		}
		switch pass {
		case 1:
			sameQueues(t, "the first pass", said, before)
			must(restless.Continue())
		case 10:
			tenth = footprintOf(t)
		case passes - 2:
			must(restless.Pause())
			time.Sleep(50 * time.Millisecond) // what is on its way arrives
		case passes - 1:
			last = footprintOf(t)
		}
	}, append(watched(rates, options...), "--watch=0.1", "--passes", strconv.Itoa(passes))...)
	took := time.Since(began)
	sameQueues(t, "the events", said, queuesNow(t, watched(columns, options...)))
	must(restless.Continue())
	t.Logf("%d passes over %d sockets in %v: %v; after ten passes %+v, at the end %+v", passes, len(said), took.Round(time.Millisecond), kinds, tenth, last)
	if last.grown(tenth) {
		t.Errorf("after ten passes it held %+v, at the end %+v", tenth, last)
	}
	// One that stands still has none closed, and few changed.
	for _, kind := range []string{"opened", "changed", "closed"} {
		if kinds[kind] < max(passes/10, 1) {
			t.Errorf("%d events say %s: the population stood still", kinds[kind], kind)
		}
	}
	for cookie, pid := range owner {
		if len(options) > 0 {
			break // without owners
		}
		if pid != restless.PID() {
			t.Errorf("socket %s is held by %d, which is not %d", cookie, pid, restless.PID())
		}
	}
}

// watched are the words that list the connections of a population, with the columns
// that a source can tell.
func watched(columns string, options ...string) []string {
	columns += ",recv_queue,local_address,local_port,remote_port"
	return append(options, "--ndjson", "-t", "-C", columns, "state", "established")
}

// queuesNow lists the queues of the connections.
func queuesNow(t *testing.T, words []string) map[string]int {
	t.Helper()
	queues := map[string]int{}
	for line := range strings.Lines(list(t, words...)) {
		var e event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		queues[e.key()] = e.RecvQueue
	}
	return queues
}

func sameQueues(t *testing.T, what string, said, there map[string]int) {
	t.Helper()
	wrong := 0
	for cookie, queue := range there {
		if got, ok := said[cookie]; !ok || got != queue {
			wrong++
		}
	}
	if wrong > 0 || len(said) != len(there) || len(there) == 0 {
		t.Errorf("%s: %d sockets, %d are there, %d of them are wrong", what, len(said), len(there), wrong)
	}
}

// TestWatchTimeWait: a connection that is closed is the same socket in TIME_WAIT, and
// new ones are seen to open and to end.
func TestWatchTimeWait(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	port := listener.Addr().(*net.TCPAddr).Port
	connect := func() (client, server net.Conn) {
		client, err := net.Dial("tcp", listener.Addr().String())
		if err == nil {
			server, err = listener.Accept()
		}
		if err != nil {
			t.Fatal(err)
		}
		return client, server
	}
	client, server := connect()
	var said []string
	cookies := map[string]bool{}
	watchHere(t, func(e event) {
		if e.RemotePort == port {
			said = append(said, fmt.Sprint(e.Event, " ", e.State, " ", e.Initial))
			cookies[e.Cookie] = true
		}
	}, func(pass int) {
		switch pass {
		case 2: // nothing happened in the second pass
			client.Close()
			server.Close()
		case 3:
			_, server = connect()
		case 4:
			if err := server.(*net.TCPConn).SetLinger(0); err != nil {
				t.Error(err)
			}
			server.Close() // which resets the client
		}
	}, "-tac0.1", "--passes", "5", "--ndjson", "-C", "cookie,state,remote_port")
	want := []string{
		"opened ESTABLISHED true", "changed TIME_WAIT false", "opened ESTABLISHED false", "closed ESTABLISHED false",
	}
	if diff := cmp.Diff(want, said); diff != "" || len(cookies) != 2 {
		t.Errorf("%d sockets: %s", len(cookies), diff)
	}
}

// pacer sends at a known pace, or receives, and remembers how much it had done when.
type pacer struct {
	mu   sync.Mutex
	at   []time.Time
	done []int64
}

func (p *pacer) note(total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at, p.done = append(p.at, time.Now()), append(p.done, total)
}

// send writes chunks, as many a second as every says, until the connection ends.
func (p *pacer) send(c net.Conn, chunk int, every time.Duration) error {
	buf := make([]byte, chunk)
	begun := time.Now()
	for total := int64(0); ; {
		// As much as is due, so that a writer that slept too long keeps the pace.
		for due := int64(time.Since(begun)/every+1) * int64(chunk); total < due; total += int64(chunk) {
			if _, err := c.Write(buf); err != nil {
				return err
			}
		}
		p.note(total)
		time.Sleep(every)
	}
}

// receive reads until the connection ends. It notes what it has read whenever there is
// no more of it: the kernel acknowledges all of it then, and may be 40 ms late before.
func (p *pacer) receive(c net.Conn) {
	buf := make([]byte, 1<<18)
	for total := int64(0); ; {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		if total += int64(n); n < len(buf) {
			p.note(total)
		}
	}
}

// by returns how much had been done at a time: at least, and at most, since a write may
// go on then.
func (p *pacer) by(at time.Time) (least, most int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := sort.Search(len(p.at), func(i int) bool { return p.at[i].After(at) })
	return p.done[max(i-1, 0)], p.done[min(i, len(p.done)-1)]
}

// untilNoted waits until it is known how much had been done by now.
func (p *pacer) untilNoted() {
	for now := time.Now(); ; time.Sleep(time.Millisecond) {
		p.mu.Lock()
		noted := len(p.at) > 0 && p.at[len(p.at)-1].After(now)
		p.mu.Unlock()
		if noted {
			return
		}
	}
}

// reading is when an end was read: between the beginning of its pass and the event.
type reading struct{ began, seen time.Time }

// paces returns the slowest and the fastest pace, in bytes a second, at which a counter
// may have grown between two readings that is never behind one pacer nor before another.
func paces(behind, before *pacer, from, to reading) (slowest, fastest float64) {
	least, _ := behind.by(to.began)
	_, most := before.by(from.seen)
	slowest, fastest = float64(max(0, least-most))/to.seen.Sub(from.began).Seconds(), math.Inf(1)
	least, _ = behind.by(from.began)
	_, most = before.by(to.seen)
	if shortest := to.began.Sub(from.seen); shortest > 0 {
		fastest = float64(most-least) / shortest.Seconds()
	}
	return slowest, fastest
}

// TestWatchRates: the rates of each pass are within 5 % of what may have been sent in it,
// at 2 MB a second, seen from both ends and among others that change, and all of them
// together within 5 % of what was.
func TestWatchRates(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	others, err := population.Restless(300)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := others.Stop(); err != nil {
			t.Error(err)
		}
	}()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	client, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	var p, read pacer
	var ended sync.WaitGroup
	ended.Go(func() { read.receive(server) })
	ended.Go(func() { _ = p.send(client, 2000, time.Millisecond) }) // until it is closed
	defer ended.Wait()
	defer server.Close()
	defer client.Close()
	p.untilNoted()
	read.untilNoted()
	const passes = 21
	from, to := client.LocalAddr().(*net.TCPAddr).Port, listener.Addr().(*net.TCPAddr).Port
	ends := map[[2]int]string{{from, to}: "sent", {to, from}: "received"} // by local and remote port
	last := map[string]reading{}                                          // of an end
	var rates []toldRate
	watchHere(t, func(e event) {
		end, mine := ends[[2]int{e.LocalPort, e.RemotePort}]
		if !mine || e.LocalAddress != "127.0.0.1" {
			return
		}
		before, seen := last[end]
		now := reading{e.Time, time.Now()}
		if last[end] = now; !seen || e.Event != "changed" {
			return
		}
		rate := e.RecvRate
		if end == "sent" {
			rate = e.SendRate
		}
		if rate == nil {
			t.Fatalf("no rate of what was %s", end)
		}
		rates = append(rates, toldRate{end, float64(*rate), before, now})
	}, nil, "--watch=0.1", "--passes", strconv.Itoa(passes), "--ndjson", "-t", "-C", "local_address,local_port,remote_port,recv_rate,send_rate", "state", "established")
	p.untilNoted()
	read.untilNoted()
	told, sent, slack := 0.0, 0.0, 0.0
	before := map[string]float64{} // rates by their ends
	for _, r := range rates {
		behind := &p
		if r.end == "sent" {
			behind = &read // the rate is of what was acknowledged
		}
		if slowest, fastest := paces(behind, &p, r.from, r.to); r.rate < 0.95*slowest || r.rate > 1.05*fastest {
			t.Errorf("%s: %.0f bytes a second, in truth %.0f to %.0f", r.end, r.rate, slowest, fastest)
		}
		from, _ := p.by(r.from.began)
		to, _ := p.by(r.to.began)
		told, sent = told+r.rate*r.to.began.Sub(r.from.began).Seconds(), sent+float64(to-from)
		// What was read later than the pass began counts with this rate or the one before.
		slack += math.Abs(r.rate-before[r.end]) * r.from.seen.Sub(r.from.began).Seconds()
		before[r.end] = r.rate
	}
	t.Logf("%d rates, %.0f bytes, in truth %.0f, or %.0f more or less", len(rates), told, sent, slack)
	if len(rates) != 2*(passes-1) || math.Abs(told-sent) > 0.05*sent+slack {
		t.Errorf("%d rates make %.0f bytes, in truth these are %.0f", len(rates), told, sent)
	}
}

// toldRate is a rate of one end that was told of the time between two passes.
type toldRate struct {
	end      string
	rate     float64
	from, to reading
}
