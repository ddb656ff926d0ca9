// Package doctor looks at two listings of a machine and the kernel's counters between
// them and says what is wrong: a [Rule] for each trouble, with the sockets and numbers
// that show it. Both listings are streams: of the first a few numbers are kept, of the
// second the sockets that are evidence.
package doctor

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"sockeye/sock"
)

// Severity says how bad a finding is.
type Severity uint8

// The severities.
const (
	Info     Severity = iota // worth knowing
	Warning                  // something does not work as it should, or soon will not
	Critical                 // connections fail now
)

var severityNames = [...]string{"info", "warning", "critical"}

// String returns the word in JSON.
func (s Severity) String() string { return severityNames[s] }

// Finding is something that is wrong, with what shows it.
type Finding struct {
	Rule     *Rule
	Severity Severity
	Title    string
	Evidence Evidence
	Counters []Number // how far they moved between the two listings
	Limits   []Number // and what they are held against
	Try      string   // the command that shows more
	// Netns is the network namespace in which it is. Machine: it is of all of them.
	Netns   sock.Netns
	Machine bool
}

// Number is a number of the kernel's with the name that it has there.
type Number struct {
	Name  string
	Value int64
}

// Rule finds one kind of trouble.
type Rule struct {
	Name            string
	Meaning, Advice string
	Settings        []Setting
	// Details is what explain tells beside that, and Sources the documents that say so.
	Details, Sources []string
	// Needs are the facts of sockets without which it finds nothing.
	Needs sock.Field
	// Counters: it looks at the kernel's counters and settings, which a listing in a
	// file has not.
	Counters bool
	// Twice: it compares a socket with what it was in the first listing. Another rule
	// may ask that a state lasted, which of one listing alone is taken for granted.
	Twice bool
	// Whole: it takes what is not listed for not there, so nothing of TCP may be left out.
	Whole bool

	begin func(s *Space, set settings) look
}

// look is a rule at work.
type look struct {
	// see is called for each socket of the second listing, with what it was in the
	// first; nil: it was not there. The socket is not kept. nil: the rule looks at none.
	see func(was *before, s *sock.Socket)
	// found is called behind the last one.
	found func() []Finding
}

// counters is the look of a rule that looks at no sockets.
func counters(found func() []Finding) look { return look{found: found} }

// Setting is a number from which on a rule finds something.
type Setting struct {
	Name    string
	Value   float64
	Meaning string
}

// settings returns the value of a setting of a rule.
type settings func(name string) float64

// Changes are settings that were given by hand, as RULE.KEY.
type Changes map[string]float64

// UnknownSettingError is a setting that no rule has.
type UnknownSettingError struct{ Name string }

func (e UnknownSettingError) Error() string { return e.Name + ": there is no such setting" }

// Set reads a change such as retransmissions.percent=3. The error may be an
// [UnknownSettingError].
func (c Changes) Set(word string) error {
	name, value, ok := strings.Cut(word, "=")
	if ok && name != "" && !slices.Contains(SettingNames(), name) {
		return UnknownSettingError{name}
	}
	number, err := strconv.ParseFloat(value, 64)
	if !ok || name == "" || err != nil || !(number >= 0) || math.IsInf(number, 0) {
		return fmt.Errorf("%s: a rule, a setting and a number are needed, such as retransmissions.percent=3", word)
	}
	c[name] = number
	return nil
}

// value returns that of a setting: the changed one, or else the rule's own.
func (c Changes) value(r *Rule, name string) float64 {
	if v, changed := c[r.Name+"."+name]; changed {
		return v
	}
	i := slices.IndexFunc(r.Settings, func(s Setting) bool { return s.Name == name })
	return r.Settings[i].Value
}

// SettingNames are the settings of all rules, as RULE.KEY.
func SettingNames() (names []string) {
	for _, r := range Rules {
		for _, s := range r.Settings {
			names = append(names, r.Name+"."+s.Name)
		}
	}
	return names
}
