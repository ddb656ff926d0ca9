package cli

import (
	"strings"

	ucli "github.com/urfave/cli/v2"

	"sockeye/internal/services"
	"sockeye/render"
	"sockeye/sock"
)

// formatOptions are the options of which at most one may be given.
var formatOptions = []struct {
	name   string
	format render.Format
}{
	{"json", render.JSON}, {"ndjson", render.NDJSON}, {"csv", render.CSV}, {"tsv", render.TSV},
	{"template", render.Template}, {"pids", render.PIDs}, {"count", render.Count}, {"quiet", render.Quiet},
}

// readFormat returns the format that the options ask, the table without one.
func readFormat(c *ucli.Context) (render.Format, error) {
	format, chosen := render.Table, ""
	for _, o := range formatOptions {
		if !c.IsSet(o.name) {
			continue
		}
		if chosen != "" {
			return format, usagef("--%s and --%s: choose one format", chosen, o.name)
		}
		format, chosen = o.format, o.name
	}
	return format, nil
}

// readOutput turns the options about the shape of the listing into those of
// the renderer.
func (r *run) readOutput(c *ucli.Context, q sock.Query) (render.Options, error) {
	format, err := readFormat(c)
	if err != nil {
		return render.Options{}, err
	}
	o := render.Options{
		Format:   format,
		Header:   !c.Bool("no-header"),
		Queues:   !c.Bool("no-queues"),
		Oneline:  c.Bool("oneline"),
		Wide:     c.Bool("wide"),
		Width:    r.Width,
		Extended: c.Bool("extended"),
		Timers:   c.Bool("timers"),
		Memory:   c.Bool("memory"),
		Info:     c.Bool("info"),
		Template: c.String("template"),
		Limit:    c.Int("limit"),
		Resolve:  c.Bool("resolve"),
	}
	if o.Limit < 0 || c.IsSet("limit") && o.Limit == 0 {
		return o, usagef("--limit %d: at least 1", o.Limit)
	}
	if c.Bool("tos") {
		o.Extra |= sock.FieldTOS | sock.FieldTrafficClass
	}
	if c.Bool("resolve") || c.Bool("services") {
		o.Services = services.System()
	}
	if o.Color, err = r.readColor(c); err != nil {
		return o, err
	}
	return o, readShape(c, q, &o)
}

// readShape reads -C, --sort and --group-by. What only listens is sorted by
// port unless another order is asked.
func readShape(c *ucli.Context, q sock.Query, o *render.Options) (err error) {
	if words := c.StringSlice("columns"); len(words) > 0 {
		if o.Columns, err = render.ParseColumns(strings.Join(words, ",")); err != nil {
			return usageError{err.Error()}
		}
	}
	if words := c.StringSlice("group-by"); len(words) > 0 {
		if o.Group, err = render.ParseGroup(strings.Join(words, ",")); err != nil {
			return usageError{err.Error()}
		}
	}
	keys := strings.Join(c.StringSlice("sort"), ",")
	if keys == "" && o.Group == nil && q.States&^sock.ListeningStates == 0 {
		keys = "protocol,local_port,family"
	}
	if keys != "" {
		if o.Sort, err = render.ParseSort(keys); err != nil {
			return usageError{err.Error()}
		}
	}
	return nil
}

// readColor decides about colour: on a terminal, unless NO_COLOR is set
// (no-color.org) or the terminal can show none.
func (r *run) readColor(c *ucli.Context) (bool, error) {
	switch when := c.String("color"); when {
	case "always":
		return true, nil
	case "never":
		return false, nil
	case "", "auto":
		return r.Width > 0 && !r.Plain && r.Getenv("NO_COLOR") == "" && r.Getenv("TERM") != "dumb", nil
	default:
		return false, unknownWord("--color", when, []string{"auto", "always", "never"})
	}
}
