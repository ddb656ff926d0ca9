package cli

import (
	"errors"
	"slices"

	"sockeye/sock/fact"
	"sockeye/sock/filter"
)

// shellTook replaces the mistake of a filter of which the shell took a sign that was not
// quoted: ~ becomes the home directory, and what stands behind < or > a file.
func (r *run) shellTook(err error, words []string) error {
	var syntax *filter.SyntaxError
	if !errors.As(err, &syntax) || len(words) == 0 {
		return err
	}
	home := slices.Index(words, r.Getenv("HOME"))
	if home > 0 && home+1 < len(words) && words[home] != "" && fact.Lookup(words[home-1]) != nil {
		return usagef("a shell makes %s of ~; quote the filter: '%s ~ %s'", words[home], words[home-1], words[home+1])
	}
	last := fact.Lookup(words[len(words)-1])
	if last != nil && last.Kind.Ordered() && !r.Terminal && syntax.Offset == len(syntax.Text) {
		syntax.Message += "; a shell takes < and > for files: quote them, or type lt and gt"
	}
	return err
}
