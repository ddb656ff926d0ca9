package cli

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"sockeye/sock/filter"
)

// readFilter returns the filter of the words and of the file of -F: what both
// match.
func (r *run) readFilter(o *options, words []string) (*filter.Filter, error) {
	env := r.filterEnv(o)
	typed, err := filter.Parse(words, env)
	if err != nil {
		return nil, r.shellTook(err, words)
	}
	return r.andFile(o, typed, env)
}

// filterOr is readFilter, but says what the first word is not if it does not begin a
// filter and no other word is near.
func (r *run) filterOr(o *options, words []string, isNot string) (*filter.Filter, error) {
	f, err := r.readFilter(o, words)
	var syntax *filter.SyntaxError
	if errors.As(err, &syntax) && syntax.Suggestion == "" && len(words) > 0 {
		return nil, notAFilter(err, quote(words[0])+" is "+isNot)
	}
	return f, err
}

// andFile adds the file of -F to a filter: a socket must match both.
func (r *run) andFile(o *options, f *filter.Filter, env filter.Env) (*filter.Filter, error) {
	fromFile, err := r.filterFile(o, env)
	if err != nil {
		return nil, err
	}
	return filter.And(f, fromFile), nil
}

// filterFile reads the file of -F; without the option the filter matches
// everything.
func (r *run) filterFile(o *options, env filter.Env) (*filter.Filter, error) {
	name := o.filterFile
	if name == "" {
		return nil, nil
	}
	text, err := r.filterText(name)
	if err != nil {
		return nil, err
	}
	f, err := filter.ParseText(text, env)
	var syntax *filter.SyntaxError
	if errors.As(err, &syntax) {
		return nil, &fileError{fileName(name), syntax}
	}
	return f, err
}

// longestFilter bounds the file of -F, which may be a device without end.
const longestFilter = 1 << 20

func (r *run) filterText(name string) (string, error) {
	in := r.In
	switch {
	case name != "-":
		file, err := os.Open(name)
		if err != nil {
			return "", openError(err)
		}
		defer file.Close()
		in = file
	case r.input != nil && r.input.name == "-":
		return "", usagef("--filter-file - and --from -: standard input can be only one of them")
	}
	text, err := io.ReadAll(io.LimitReader(in, longestFilter+1))
	if err != nil {
		return "", openError(err)
	}
	if len(text) > longestFilter {
		return "", usagef("%s: a filter has at most %d bytes", fileName(name), longestFilter)
	}
	return string(text), nil
}

// openError is that of a file that the command line names, to read or to write. It is a
// mistake there if no such file can be opened, and not if the system has no more files.
func openError(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EISDIR) {
		return usageError{err.Error()}
	}
	return err
}

// notAFilter replaces the mistake of words that do not even begin a filter by what
// else their user may have meant. A suggestion of several words is a better guess.
func notAFilter(err error, meant string) error {
	var syntax *filter.SyntaxError
	var inFile *fileError
	if !errors.As(err, &syntax) || errors.As(err, &inFile) || syntax.Offset > 0 ||
		!strings.HasPrefix(syntax.Message, "unknown word") || strings.Contains(syntax.Suggestion, " ") {
		return err
	}
	return usageError{meant}
}
