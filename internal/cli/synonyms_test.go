package cli

import (
	"reflect"
	"testing"
)

// TestSynonyms: each word of another tool is read as the option that it means, where
// that exists, and never hides an option of its own.
func TestSynonyms(t *testing.T) {
	known := spellingsOf(commands(&options{}))
	taken := 0
	for theirs, ours := range synonyms {
		if known.long[theirs] != nil {
			t.Errorf("--%s is an option here", theirs)
		}
		o := known.long[ours]
		if o == nil {
			if foreignOptions[theirs] == "" {
				t.Errorf("--%s: there is no --%s, and no word about it", theirs, ours)
			}
			continue
		}
		taken++
		value := ""
		if o.needsValue() {
			value = "=inet"
		}
		got, _, err := readOptions("--" + theirs + value)
		want, _, wantErr := readOptions("--" + ours + value)
		if err != nil || wantErr != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("--%s%s: %v, %v: not what --%s is", theirs, value, err, wantErr, ours)
		}
	}
	if taken < 14 {
		t.Errorf("%d words are taken", taken)
	}
}
