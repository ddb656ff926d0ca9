package cli

import (
	"strings"
	"testing"

	ucli "github.com/urfave/cli/v2"
)

// TestHelpNamesEveryOption holds the help against the options that are read.
func TestHelpNamesEveryOption(t *testing.T) {
	help := helpText(commands()[0])
	for _, f := range commonFlags() {
		for _, name := range f.Names() {
			spelled := "--" + name
			if len(name) == 1 {
				spelled = "-" + name + ","
			}
			if !strings.Contains(help, spelled) {
				t.Errorf("the help does not say %s", spelled)
			}
		}
		if usage := f.(ucli.DocGenerationFlag).GetUsage(); usage == "" {
			t.Errorf("--%s has no text", f.Names()[0])
		}
	}
	for i, line := range strings.Split(help, "\n") {
		if len(line) > 79 {
			t.Errorf("line %d of the help is %d bytes wide: %s", i+1, len(line), line)
		}
	}
}
