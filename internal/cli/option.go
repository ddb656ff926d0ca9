package cli

import (
	"flag"
	"slices"
	"strconv"
	"strings"
	"time"
)

// option is one option of a command: how it is spelled, what the help says of
// it, and what its value does. It is a flag of the library, which it gives only
// its long name: the library makes the names of its own flags anew, with a regular
// expression for each, whenever it looks one up, which took a millisecond of each
// start; and it sets a flag that has two names twice, so that lists double.
type option struct {
	name  string // without dashes
	short string // one letter; empty: none
	// value is what the help calls the value; empty: there is none. In brackets
	// it is one that may be left out, and then follows the name with a `=`.
	value string
	group string
	usage string
	// known are values that there are, or parts of a list; nil: any.
	known func() []string
	// only is the system that has it, as GOOS; empty: all.
	only string
	// set takes the value, in the order of the command line. An error is one for
	// the user.
	set func(value string) error
	// refused is the error of set. The library keeps its text alone, behind words
	// of its own.
	refused error
}

// The groups of options in the help, in its order.
const (
	groupViews  = "Views"
	groupOwn    = "What it does"
	groupTables = "Which sockets"
	groupOwners = "Owners and names"
	groupFacts  = "More facts for each socket"
	groupShape  = "Shape of the listing"
	groupFormat = "Formats"
	groupRules  = "What it looks for"
	groupSource = "Where it comes from"
	groupOther  = "Other"
)

// needsValue reports whether the next word is the value, unless it is joined.
func (o *option) needsValue() bool { return o.value != "" && o.value[0] != '[' }

// knownValues returns the values that are known, for the completion of words.
func (o *option) knownValues() []string {
	if o.known == nil {
		return nil
	}
	return o.known()
}

// withValues tells which values an option knows.
func (o *option) withValues(known func() []string) *option {
	o.known = known
	return o
}

// these are values that do not change.
func these(values ...string) func() []string { return func() []string { return values } }

// spelling is how messages and the help call the option.
func (o *option) spelling() string { return "--" + o.name }

// String, Names, IsSet and Apply make the option a flag of the library.

func (o *option) String() string  { return o.spelling() }
func (o *option) Names() []string { return []string{o.name} }
func (o *option) IsSet() bool     { return false } // never from the environment or a file

// Apply makes the option known to a set of flags.
func (o *option) Apply(set *flag.FlagSet) error {
	take := func(value string) error {
		o.refused = o.set(value)
		return o.refused
	}
	if o.needsValue() {
		set.Func(o.name, o.usage, take)
	} else {
		set.BoolFunc(o.name, o.usage, take)
	}
	return nil
}

// The constructors bind an option to the member of a struct that its value goes
// to.

// on is an option without a value.
func on(group string, to *bool, name, short, usage string) *option {
	return &option{name: name, short: short, group: group, usage: usage, set: func(string) error {
		*to = true
		return nil
	}}
}

// accepted is an option for what is done without it.
func accepted(group, name, short, usage string) *option {
	return on(group, new(bool), name, short, usage)
}

// text is an option whose value is a word; of several the last counts.
func text(group string, to *string, name, short, value, usage string) *option {
	return &option{name: name, short: short, value: value, group: group, usage: usage, set: func(word string) error {
		*to = word
		if word == "" {
			return usagef("the option --%s needs a value", name)
		}
		return nil
	}}
}

// list is an option whose value is a list with commas; several are one list.
func list(group string, to *[]string, name, short, value, usage string) *option {
	return &option{name: name, short: short, value: value, group: group, usage: usage, set: func(words string) error {
		*to = append(*to, strings.Split(words, ",")...)
		return nil
	}}
}

// number is an option that says how many, from 1 on.
func number(group string, to *int, name, usage string) *option {
	return &option{name: name, value: "N", group: group, usage: usage, set: func(word string) error {
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 {
			return usagef("--%s %s: a number from 1 on is needed", name, word)
		}
		*to = n
		return nil
	}}
}

// span is an option that is a time: of no less than least.
func span(group string, to *time.Duration, name string, least time.Duration, usage string) *option {
	return &option{name: name, value: "TIME", group: group, usage: usage, set: func(word string) (err error) {
		if *to, err = readSpan(word); err != nil || *to < least {
			return usagef("--%s %s: a number of seconds is needed, or a time such as 1m30s", name, word)
		}
		return nil
	}}
}

// onlyOn marks options of one system.
func onlyOn(system string, options ...*option) []*option {
	for _, o := range options {
		o.only = system
	}
	return options
}

// only returns those of some options that are named.
func only(all []*option, names ...string) []*option {
	return slices.DeleteFunc(all, func(o *option) bool { return !slices.Contains(names, o.name) })
}

// without returns those that are not.
func without(all []*option, names ...string) []*option {
	return slices.DeleteFunc(all, func(o *option) bool { return slices.Contains(names, o.name) })
}

// used gives some options the usage that they have in a command: names and texts.
func used(all []*option, usages ...string) []*option {
	for _, o := range all {
		if i := slices.Index(usages, o.name); i >= 0 {
			o.usage = usages[i+1]
		}
	}
	return all
}
