package platform

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"testing"

	"sockeye/sock"
	"sockeye/sock/filter"
)

func parsed(t *testing.T, text string) *filter.Filter {
	t.Helper()
	f, err := filter.ParseText(text, filter.Env{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// count lists what a request selects and returns how many there are.
func count(t *testing.T, l *Listing) (n int) {
	t.Helper()
	for _, err := range l.Sockets {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

// TestOnlyWhatCanMatchIsAsked: the sources get the tables and states in which
// the filter can match, and the filter itself.
func TestOnlyWhatCanMatchIsAsked(t *testing.T) {
	src := &fake{name: "fake", lists: inets, rows: map[sock.Table][]sock.Socket{
		tcp4: {row(tcp4, sock.Listen, 22), row(tcp4, sock.Established, 22)}, udp4: {row(udp4, sock.Unconnected, 22)},
	}}
	h := hostOf(src)
	f := parsed(t, "protocol = tcp and family = ipv4 and not state listening and sport = 22")
	if n := count(t, h.List(t.Context(), Request{Query: inetQuery(sock.TCP, sock.UDP), Filter: f})); n != 1 {
		t.Errorf("%d sockets", n)
	}
	if len(src.queries) == 0 {
		t.Fatal("nothing is asked")
	}
	for _, q := range src.queries {
		for table := range q.Tables {
			if table != tcp4 {
				t.Errorf("%v is asked", table)
			}
		}
		if q.States.Has(sock.Listen) || q.Where != sock.Matcher(f) {
			t.Errorf("asked for states %b, where %v", q.States, q.Where)
		}
	}
	src.queries = nil
	count(t, h.List(t.Context(), Request{Query: inetQuery(sock.TCP), Filter: &filter.Filter{}}))
	for _, q := range src.queries {
		if q.Where != nil {
			t.Errorf("an empty filter is passed on")
		}
	}
}

// TestListenersAreNotFiltered: the listener whose accept queue a connection
// waits in need not match the filter that the connection does.
func TestListenersAreNotFiltered(t *testing.T) {
	src := &fake{name: "fake", lists: inets, rows: map[sock.Table][]sock.Socket{tcp4: {row(tcp4, sock.Listen, 22)}}}
	h := hostOf(src)
	q := restricted(inetQuery(sock.TCP), parsed(t, "state established and dport = 4000"))
	if all := h.listening(t.Context(), q); len(all) != 1 {
		t.Errorf("%d listeners", len(all))
	}
	for _, q := range src.queries {
		if q.Where != nil {
			t.Error("the listeners are filtered")
		}
	}
}

// fakeDumper writes a byte for each socket that is kept.
type fakeDumper struct{ rows []sock.Socket }

func (d fakeDumper) Dump(_ context.Context, _ *sock.Environment, q sock.Query, w io.Writer, keep func(*sock.Socket) bool) iter.Seq2[*sock.Socket, error] {
	return func(yield func(*sock.Socket, error) bool) {
		for i := range d.rows {
			s := d.rows[i]
			if !keep(&s) {
				continue
			}
			if _, err := w.Write([]byte{byte(s.Local.Port())}); err != nil {
				yield(nil, err)
				return
			}
			if !yield(&s, nil) {
				return
			}
		}
	}
}

// TestDumpFiltersByOwners: what messages do not hold is decided by a listing
// before the dump.
func TestDumpFiltersByOwners(t *testing.T) {
	rows := []sock.Socket{row(tcp4, sock.Listen, 22), row(tcp4, sock.Listen, 80), row(tcp4, sock.Established, 80)}
	for i := range rows {
		rows[i].Known |= sock.FieldCookie
		rows[i].Cookie, rows[i].Inode = uint64(i+1), uint64(i+1)
	}
	src := &fake{name: "fake", lists: inets, rows: map[sock.Table][]sock.Socket{tcp4: rows}}
	finder := &fakeFinder{owners: map[uint64][]sock.Owner{1: held(7, "sshd"), 2: held(8, "nginx"), 3: held(8, "nginx")}}
	h := hostOf(src)
	h.finder, h.dumps.write = finder, fakeDumper{rows}.Dump
	for text, want := range map[string]string{
		"process = nginx":                       "\x50\x50",
		"process = nginx and state listening":   "\x50",
		"sport = 22":                            "\x16",
		"state listening":                       "\x16\x50",
		"process = sshd or state = ESTABLISHED": "\x16\x50",
	} {
		var b bytes.Buffer
		listing, err := h.Dump(t.Context(), Request{Query: inetQuery(sock.TCP), Filter: parsed(t, text)}, &b)
		if err != nil {
			t.Fatal(err)
		}
		if n := count(t, listing); b.String() != want || n != len(want) {
			t.Errorf("%s: %d sockets, %q, want %q", text, n, b.String(), want)
		}
	}
	h.dumps.write = nil
	if _, err := h.Dump(t.Context(), Request{}, io.Discard); !errors.Is(err, ErrNoRawDump) {
		t.Errorf("without a dumper: %v", err)
	}
}
