package cli

import (
	"testing"

	ucli "github.com/urfave/cli/v2"
)

type uctx = ucli.Context

// withContext calls what reads options with those of a command line.
func withContext(t *testing.T, words []string, read func(*uctx) error) error {
	t.Helper()
	options, rest, err := optionsOf(commonFlags()).arrange(words)
	if err != nil {
		return err
	}
	app := &ucli.App{HideHelp: true, Flags: commonFlags(), Action: read, ExitErrHandler: func(*uctx, error) {}}
	return app.Run(append(append(append([]string{"sockeye"}, options...), "--"), rest...))
}
