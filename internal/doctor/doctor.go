// Package doctor looks at two listings of a machine and the kernel's counters between
// them and says what is wrong: a [Rule] for each trouble, with the sockets and numbers
// that show it.
package doctor

import (
	"cmp"
	"fmt"
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
	Sockets  []*sock.Socket // that show it, all of them
	Counters []Number       // how far they moved while it was looked
	Limits   []Number       // and what they are held against
	Try      string         // the command that shows more
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
	// Counters: it looks at the kernel's counters, which a listing in a file has not.
	Counters bool

	look func(s *Sample, set settings) []Finding
}

// Setting is a number from which on a rule finds something.
type Setting struct {
	Name    string
	Value   float64
	Meaning string
}

// settings returns the value of a setting of a rule.
type settings func(name string) float64

// Rules are all rules, in the order of their names.
var Rules = []*Rule{
	acceptQueueFull, closeWaitLeak, closingStuck, connectFailed, datagramDrops, deletedProgram, exposedService, halfOpen,
	idleWithoutKeepalive, memoryPressure, orphans, portExhaustion, receiverStalled, retransmissions, shadowedListener,
	synFlood, synSentStuck, timeWait, zeroWindow,
}

// Needs are the facts of sockets that the rules look at.
const Needs = sock.FieldLocal | sock.FieldRemote | sock.FieldRecvQueue | sock.FieldSendQueue | sock.FieldBacklog | sock.FieldCookie |
	sock.FieldTCPInfo | sock.FieldTimer | sock.FieldMemory | sock.FieldOwners | sock.FieldExe | sock.FieldV6Only | sock.FieldInterface | sock.FieldNetns

// Changes are settings that were given by hand, as RULE.KEY.
type Changes map[string]float64

// Set reads a change such as retransmissions.percent=3.
func (c Changes) Set(word string) error {
	name, value, ok := strings.Cut(word, "=")
	number, err := strconv.ParseFloat(value, 64)
	if !ok || err != nil || number < 0 {
		return fmt.Errorf("%s: a rule, a setting and a number are needed, such as retransmissions.percent=3", word)
	}
	for _, r := range Rules {
		for _, s := range r.Settings {
			if r.Name+"."+s.Name == name {
				c[name] = number
				return nil
			}
		}
	}
	return fmt.Errorf("there is no setting %s; sockeye doctor --rules lists them", name)
}

// Look applies every rule to a sample and returns what was found, the worst first.
func Look(s *Sample, changes Changes) []Finding {
	var all []Finding
	for _, r := range Rules {
		if r.Counters && !s.Counted {
			continue
		}
		for _, f := range r.look(s, func(name string) float64 { return changes.value(r, name) }) {
			f.Rule = r
			all = append(all, f)
		}
	}
	slices.SortStableFunc(all, func(a, b Finding) int { return cmp.Compare(b.Severity, a.Severity) })
	return all
}

func (c Changes) value(r *Rule, name string) float64 {
	if v, changed := c[r.Name+"."+name]; changed {
		return v
	}
	i := slices.IndexFunc(r.Settings, func(s Setting) bool { return s.Name == name })
	return r.Settings[i].Value
}
