package cli

import (
	"bufio"
	"io"
	"os"

	ucli "github.com/urfave/cli/v2"

	"sockeye/platform"
	"sockeye/sock"
)

// dump writes the raw messages of what a request asks to the file of --dump, and
// lists nothing.
func (r *run) dump(c *ucli.Context, req platform.Request) error {
	name := c.String("dump")
	if err := r.checkDump(c, name, req); err != nil {
		return err
	}
	b, err := r.openHost(c)
	if err != nil {
		return err
	}
	if err := b.fit(c, &req, nil); err != nil {
		return err
	}
	out := r.Out
	if name != "-" {
		file, err := os.Create(name)
		if err != nil {
			return err
		}
		defer file.Close()
		out = file
	}
	listing, matched, err := r.writeDump(b.host, req, out)
	if err != nil {
		return err
	}
	if file, ok := out.(*os.File); ok && name != "-" {
		if err := file.Close(); err != nil {
			return writeError{err}
		}
	}
	r.conclude(listing.Snapshot(), matched, c.Bool("strict"))
	r.explain(c, listing.Snapshot())
	return nil
}

// checkDump finds options that contradict a dump.
func (r *run) checkDump(c *ucli.Context, name string, req platform.Request) error {
	for _, o := range formatOptions {
		if c.IsSet(o.name) {
			return usagef("--dump writes messages of the kernel, it goes without --%s", o.name)
		}
	}
	switch source := c.String("source"); {
	case source != "" && source != "auto" && source != "sock_diag":
		return usagef("--dump is of sock_diag, it goes without --source %s", source)
	case c.IsSet("from"):
		return usagef("--dump is of this machine, it goes without --from")
	case !req.Query.Protocols.Has(sock.TCP):
		return usagef("--dump holds TCP sockets only")
	case name == "-" && r.Width > 0:
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
