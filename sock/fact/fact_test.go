package fact

import (
	"slices"
	"strings"
	"testing"

	"sockeye/sock"
)

// TestNamesAreUnique: no two facts share a name or an alias, however it is spelled.
func TestNamesAreUnique(t *testing.T) {
	seen := map[string]*Fact{}
	for _, f := range All() {
		for _, name := range append([]string{f.Name}, f.Aliases...) {
			bare := strings.ReplaceAll(fold(name), "_", "")
			if other := seen[bare]; other != nil {
				t.Errorf("%s is a name of %s and of %s", name, other.Name, f.Name)
			}
			seen[bare] = f
			for _, spelled := range []string{bare, strings.ReplaceAll(name, "_", "-"), strings.ToUpper(name)} {
				if got := Lookup(spelled); got != f {
					t.Errorf("%s finds %v, want %s", spelled, got, f.Name)
				}
			}
			if name != strings.ToLower(name) || strings.ContainsAny(name, "- ()=!<>~,&|") || len(name) > longestName {
				t.Errorf("%s cannot be written in a filter", name)
			}
		}
		if f.Parent() == nil && Lookup(f.Header) == nil {
			t.Errorf("the header %s of %s finds nothing", f.Header, f.Name)
		}
	}
	for _, name := range []string{"", "nosuch", "i_node", strings.Repeat("pid", longestName)} {
		if f := Lookup(name); f != nil {
			t.Errorf("%q finds %s", name, f.Name)
		}
	}
}

// TestEveryFactSaysAllAboutItself: a line of documentation, a header, an example
// for a filter, names for the numbers of a choice, and something that reads it.
func TestEveryFactSaysAllAboutItself(t *testing.T) {
	for _, f := range All() {
		if f.Doc == "" || strings.HasSuffix(f.Doc, ".") || f.Header == "" || f.Kind >= kindEnd || f.Kind.String() == "" {
			t.Errorf("%s is not described", f.Name)
		}
		if (f.Example == "") != ((f.Kind == Object || f.Kind == List) && f.Compared == nil) {
			t.Errorf("%s: example %q", f.Name, f.Example)
		}
		reads := f.number != nil || f.text != nil || f.address != nil || f.ownerNumber != nil || f.ownerText != nil ||
			f.parts != nil || f.values != nil || f.show != nil && f.has != nil
		sets := f.setNumber != nil || f.setText != nil || f.text != nil || f.setOwnerNumber != nil || f.ownerText != nil || f.parts != nil || f.values != nil
		if !reads || !sets && !f.Joined() {
			t.Errorf("%s: reads %v, sets %v", f.Name, reads, sets)
		}
		if f.form == formChoice && len(f.Values) < 2 || f.Only && f.form != formBool && f.form != formNumber || f.Least > f.Most && f.Most != 0 {
			t.Errorf("%s: values %q, from %d to %d", f.Name, f.Values, f.Least, f.Most)
		}
		if len(f.Members()) == 0 || slices.Contains(f.Members(), nil) {
			t.Errorf("%s stands for the members %v", f.Name, f.Members())
		}
		if !f.Asks().Has(f.Needs) {
			t.Errorf("%s asks for less than it needs", f.Name)
		}
	}
}

// TestEveryFieldIsAFact: every bit that a source may give is needed by a fact, and
// a refusal has words for it.
func TestEveryFieldIsAFact(t *testing.T) {
	for i := range sock.AllFields.Len() {
		field := sock.Field(1) << i
		if !slices.ContainsFunc(All(), func(f *Fact) bool { return f.Needs&field != 0 }) {
			t.Errorf("no fact needs bit %d", i)
		}
		if Missing(field) == "" {
			t.Errorf("a refusal has no words for bit %d", i)
		}
	}
	if got := Missing(sock.FieldInode | sock.FieldOwners | sock.FieldCmdline); got != "inodes, owners, command lines" {
		t.Errorf("missing: %s", got)
	}
}

// TestNothingIsKnownOfNothing: a socket that knows nothing has a value of no fact
// that needs one, and no text of it but the reason why there is no owner.
func TestNothingIsKnownOfNothing(t *testing.T) {
	s := &sock.Socket{}
	for _, f := range All() {
		always := f.Needs == 0 || f.Always
		if f.Known(s) != always {
			t.Errorf("%s is known: %v", f.Name, !always)
		}
		if text := f.AppendShown(&View{}, nil, s); len(text) > 0 != always {
			t.Errorf("%s shows %q", f.Name, text)
		}
		if text := f.AppendJSON(nil, s); len(text) > 0 != always {
			t.Errorf("%s is %s in JSON", f.Name, text)
		}
		if f.Tells(s) && !always {
			t.Errorf("%s tells something", f.Name)
		}
	}
}

// TestWhole: a listing finds its columns among the facts that are no part of an object.
func TestWhole(t *testing.T) {
	for _, f := range All() {
		if got := slices.Contains(whole(), f); got != (f.Parent() == nil) {
			t.Errorf("%s is among them: %v", f.Name, got)
		}
	}
}

// TestShown: what an option shows is what the facts say that it does.
func TestShown(t *testing.T) {
	for option, want := range map[string]sock.Field{
		"timers": sock.FieldTimer, "memory": sock.FieldMemory, "sockopt": sock.FieldOptions, "cgroup": sock.FieldCgroup | sock.FieldPlace,
		"info": sock.FieldTCPInfo | sock.FieldCongestion | sock.FieldULP | sock.FieldMPTCPInfo | sock.FieldMPTCPSubflow | sock.FieldSCTPInfo | sock.FieldSMCInfo | sock.FieldRates |
			sock.FieldCongestionInfo | sock.FieldTLS | sock.FieldMD5,
		"tos": sock.FieldTOS | sock.FieldTrafficClass | sock.FieldClassID, "nosuch": 0,
	} {
		if got := Shown(option); got != want {
			t.Errorf("--%s shows %b, want %b", option, got, want)
		}
	}
	if got := Shown("extended"); !got.Has(sock.FieldInode|sock.FieldCookie) || got.Has(sock.FieldTimer) {
		t.Errorf("--extended shows %b", got)
	}
}

// TestHint: a name is hinted before an alias.
func TestHint(t *testing.T) {
	for word, want := range map[string]string{
		"inod": ", did you mean inode?", "dprot": ", did you mean dport", "xyzzy": "",
	} {
		if got := Hint(word); !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%s: %q, want %q", word, got, want)
		}
	}
}
