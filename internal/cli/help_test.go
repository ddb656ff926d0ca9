package cli

import (
	"strings"
	"testing"
)

// TestHelpNamesEveryOption holds the help against the options that are read.
func TestHelpNamesEveryOption(t *testing.T) {
	for _, cmd := range commands(&options{}) {
		help := helpText(cmd, "linux")
		for _, o := range cmd.options {
			spelled := o.spelling()
			if o.short != "" {
				spelled = "-" + o.short + ", " + spelled
			}
			if !strings.Contains(help, spelled) {
				t.Errorf("the help of %s does not say %s", cmd.name, spelled)
			}
			if o.usage == "" {
				t.Errorf("--%s has no text", o.name)
			}
		}
		for i, line := range strings.Split(help, "\n") {
			if len(line) > 79 {
				t.Errorf("line %d of the help of %s is %d bytes wide: %s", i+1, cmd.name, len(line), line)
			}
		}
	}
}
