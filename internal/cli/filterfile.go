package cli

import (
	"errors"
	"io"
	"os"

	ucli "github.com/urfave/cli/v2"

	"sockeye/sock/filter"
)

// readFilter returns the filter of the words and of the file of -F: what both
// match.
func (r *run) readFilter(c *ucli.Context, words []string) (*filter.Filter, error) {
	env := r.filterEnv(c)
	typed, err := filter.Parse(words, env)
	if err != nil {
		return nil, err
	}
	return r.andFile(c, typed, env)
}

// andFile adds the file of -F to a filter: a socket must match both.
func (r *run) andFile(c *ucli.Context, f *filter.Filter, env filter.Env) (*filter.Filter, error) {
	fromFile, err := r.filterFile(c, env)
	if err != nil {
		return nil, err
	}
	return filter.And(f, fromFile), nil
}

// filterFile reads the file of -F; without the option the filter matches
// everything.
func (r *run) filterFile(c *ucli.Context, env filter.Env) (*filter.Filter, error) {
	if !c.IsSet("filter-file") {
		return nil, nil
	}
	name := c.String("filter-file")
	text, err := r.filterText(name)
	if err != nil {
		return nil, err
	}
	f, err := filter.ParseText(text, env)
	var syntax *filter.SyntaxError
	if errors.As(err, &syntax) {
		return nil, &filterFileError{fileName(name), syntax}
	}
	return f, err
}

func (r *run) filterText(name string) (string, error) {
	if name != "-" {
		text, err := os.ReadFile(name)
		if err != nil {
			return "", usageError{err.Error()}
		}
		return string(text), nil
	}
	if r.input != nil && r.input.name == "-" {
		return "", usagef("--filter-file - and --from -: standard input can be only one of them")
	}
	text, err := io.ReadAll(r.In)
	if err != nil {
		return "", inputError(name, err)
	}
	return string(text), nil
}

// filterFileError is a mistake in the text of a file.
type filterFileError struct {
	name   string
	syntax *filter.SyntaxError
}

func (e *filterFileError) Error() string { return e.name + ": " + e.syntax.Error() }
func (e *filterFileError) Unwrap() error { return e.syntax }
