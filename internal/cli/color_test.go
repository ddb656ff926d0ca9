package cli

import "testing"

// TestColor: on a terminal that shows it, unless it is not wanted.
func TestColor(t *testing.T) {
	for _, c := range []struct {
		name, option string
		streams      IO
		env          map[string]string
		want         bool
	}{
		{name: "a terminal", streams: IO{Terminal: true, Width: 80}, want: true},
		{name: "a pipe"},
		{name: "a pipe of a known width", streams: IO{Width: 80}},
		{name: "a console without escape sequences", streams: IO{Terminal: true, Width: 80, Plain: true}},
		{name: "that is told to", option: "always", streams: IO{Terminal: true, Width: 80, Plain: true}, want: true},
		{name: "a pipe that is told to", option: "always", want: true},
		{name: "never", option: "never", streams: IO{Terminal: true, Width: 80}},
		{name: "NO_COLOR", streams: IO{Terminal: true, Width: 80}, env: map[string]string{"NO_COLOR": "1"}},
		{name: "dumb", streams: IO{Terminal: true, Width: 80}, env: map[string]string{"TERM": "dumb"}},
	} {
		c.streams.Getenv = func(name string) string { return c.env[name] }
		r := &run{IO: c.streams}
		if got := r.color(&options{color: c.option}); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
