package cli

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"

	"sockeye/platform"
	"sockeye/sock/snapshot"
)

// input is the file of --from, of which the first bytes are known.
type input struct {
	name string
	r    *bufio.Reader
	raw  bool // a raw dump, not JSON
}

// begin checks the options, and opens the file that --from names and finds out what
// it is: that decides what the words of a filter mean.
func (r *run) begin(o *options) error {
	if err := o.check(); err != nil {
		return err
	}
	if o.from == "" {
		return nil
	}
	in, err := r.openInput(o.from)
	r.input = in
	return err
}

// openInput opens a file and finds out what it is.
func (r *run) openInput(name string) (*input, error) {
	in := r.In
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, openError(err)
		}
		context.AfterFunc(r.ctx, func() { file.Close() })
		in = file
	}
	input := &input{name: name, r: bufio.NewReader(in)}
	prefix, err := input.r.Peek(rawPrefix)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, openError(inputError(name, err))
	}
	input.raw = platform.IsRawDump(prefix)
	return input, nil
}

// rawPrefix is how many bytes tell a raw dump from JSON.
const rawPrefix = 16

// listing begins the listing of the file.
func (in *input) listing(ctx context.Context, req platform.Request) (*platform.Listing, error) {
	if in.raw {
		listing, err := platform.OpenRawDump(ctx, in.r, req)
		if err != nil {
			return nil, inputError(in.name, err)
		}
		return listing, nil
	}
	doc, err := snapshot.Open(in.r)
	if err != nil {
		return nil, inputError(in.name, err)
	}
	return platform.FromRecording(ctx, doc, doc.Header, req), nil
}

// readError names the file in which a listing failed.
func (r *run) readError(err error) error {
	if r.input != nil {
		return inputError(r.input.name, err)
	}
	return err
}

func inputError(name string, err error) error { return &fileError{fileName(name), err} }

// fileName is how messages call a file of the command line.
func fileName(name string) string {
	if name == "-" {
		return "standard input"
	}
	return name
}

// fileError names the file whose content is wrong.
type fileError struct {
	name string
	err  error
}

func (e *fileError) Error() string { return e.name + ": " + e.err.Error() }
func (e *fileError) Unwrap() error { return e.err }
