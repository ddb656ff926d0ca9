package cli

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"

	"sockeye/platform"
	"sockeye/sock"
)

// dump writes the raw messages of what a request asks to the file of --dump, and
// lists nothing.
func (r *run) dump(o *options, b backend, req platform.Request) (answered, error) {
	if err := r.checkDump(o, req); err != nil {
		return answered{}, err
	}
	if err := b.fit(o, &req); err != nil {
		return answered{}, err
	}
	if o.dump == "-" {
		listing, matched, err := r.writeDump(b.host, req, r.Out)
		if err != nil {
			return answered{}, err
		}
		return r.conclude(o, listing, matched), nil
	}
	file, err := createWhole(o.dump)
	if err != nil {
		return answered{}, openError(err)
	}
	defer context.AfterFunc(r.ctx, file.discard)()
	listing, matched, err := r.writeDump(b.host, req, file)
	if err != nil {
		file.discard()
		return answered{}, err
	}
	a := r.conclude(o, listing, matched)
	if !a.snap.Complete && file.name != "" {
		file.discard()
		return answered{}, fmt.Errorf("%s is not written: the dump is not complete", o.dump)
	}
	if err := file.finish(); err != nil {
		return answered{}, writeError{err}
	}
	return a, nil
}

// checkDump finds options that contradict a dump.
func (r *run) checkDump(o *options, req platform.Request) error {
	other := cmp.Or(when(o.format.chosen(), "--"+o.format.name), when(o.kill, "--kill"), when(o.limit > 0, "--limit"), when(o.group != nil, "--group-by"))
	switch {
	case other != "":
		return usagef("--dump writes messages of the kernel, it goes without %s", other)
	case o.source != "" && o.source != "auto" && o.source != "sock_diag":
		return usagef("--dump is of sock_diag, it goes without --source %s", o.source)
	case o.from != "":
		return usagef("--dump is of this machine, it goes without --from")
	case !req.Query.Protocols.Has(sock.TCP):
		return usagef("--dump holds TCP sockets only")
	case o.dump == "-" && r.Terminal:
		return usagef("--dump - would write to a terminal what it cannot show")
	}
	return nil
}

// writeDump writes the dump and counts its sockets.
func (r *run) writeDump(host *platform.Host, req platform.Request, w io.Writer) (*platform.Listing, int, error) {
	out := &errorWriter{w: w}
	buffered := bufio.NewWriterSize(out, 64<<10)
	listing, err := host.Dump(r.ctx, req, buffered)
	if err != nil {
		return nil, 0, err
	}
	matched := 0
	for _, err := range listing.Sockets {
		if r.ctx.Err() != nil {
			return nil, 0, r.ctx.Err()
		}
		if out.err != nil {
			return nil, 0, writeError{out.err}
		}
		if err != nil {
			return nil, 0, err
		}
		matched++
	}
	if err := buffered.Flush(); err != nil {
		return nil, 0, writeError{err}
	}
	return listing, matched, nil
}

// errorWriter remembers that a write failed, as opposed to a reading.
type errorWriter struct {
	w   io.Writer
	err error
}

func (w *errorWriter) Write(b []byte) (int, error) {
	n, err := w.w.Write(b)
	if err != nil {
		w.err = err
	}
	return n, err
}
