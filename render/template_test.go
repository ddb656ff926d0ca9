package render

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"sockeye/sock"

	"github.com/google/go-cmp/cmp"
)

func templated1(t testing.TB, text string, s *sock.Socket) string {
	t.Helper()
	return rendered(t, Options{Format: Template, Template: text}, []*sock.Socket{s})
}

func TestTemplate(t *testing.T) {
	web, unowned, all := example()[0], example()[4], full()
	tests := []struct {
		text string
		s    *sock.Socket
		want string
	}{
		{`{{.pid}} {{.process}}`, web, "4242 node\n"},
		{`{{.pid}}\t{{.local_port}}`, web, "4242\t8080\n"},
		{`{{.pid}} {{.remote_address}}:{{.remote_port}}`, web, "4242 -:-\n"},
		{`{{if .pid}}owned{{else}}nobody{{end}}`, unowned, "nobody\n"},
		{`{{if .pid}}owned{{end}}`, unowned, ""},
		{`{{or .process "none"}}`, unowned, "none\n"},
		{`{{if eq .pid 4242}}yes{{end}}`, web, "yes\n"},
		{`{{if eq .pid 1 2 4242}}yes{{end}}`, web, "yes\n"},
		{`{{if eq .pid 4242}}yes{{else}}no{{end}}`, unowned, "no\n"},
		{`{{if gt .local_port 1023}}user{{end}}{{if lt .pid 1}}x{{end}}`, unowned, "user\n"},
		{`{{if ne .state "LISTEN"}}connected{{end}}`, unowned, "connected\n"},
		{`{{if eq .v6only false}}both{{end}}`, web, "both\n"},
		{`{{range .owners}}{{.pid}}/{{.fd}} {{end}}`, web, "4242/3 4242/19 4243/3 4244/3 4245/3 \n"},
		{`{{range $i, $o := .owners}}{{$i}}{{$o.process}}{{$.local_port}};{{end}}`, all, "0sshd22;\n"},
		{`{{range .owners}}{{.tid}}{{else}}none{{end}}`, unowned, "none\n"},
		{`{{with .netns}}{{.name}}={{.inode}}{{end}}`, all, "blue=4026531840\n"},
		{`{{.netns.name}} {{.timer.expires_ms}} {{.tcp_info.rtt_us}}`, unowned, "- - -\n"},
		{`{{.timer.name}} {{.timer.expires_ms}} {{.tcp_info.rtt_us}} {{.memory.drops}}`, all, "keepalive 89300 25000 3\n"},
		{`{{join .owners "pid" ","}}`, web, "4242,4242,4243,4244,4245\n"},
		{`{{join .owners "pid" ","}}|{{upper .state}} {{lower .state}}`, example()[0], "4242,4242,4243,4244,4245|LISTEN listen\n"},
		{`{{json .process}} {{json .remote_port}} {{json .netns}}`, all, `"sshd" 40000 {"inode":4026531840,"name":"blue"}` + "\n"},
		{`{{json .user}} {{json .remote_port}}`, web, `"alice" null` + "\n"},
		{`{{printf "%-6v|%5v|%d" .remote_port .remote_port .local_port}}`, web, "-     |    -|8080\n"},
		{`{{.owner_status}}{{"\n"}}`, web, "known\n"},
		{`{{if gt .pid 4241}}{{if gt 4242.5 .pid}}{{if ne .v6only true}}yes{{end}}{{end}}{{end}}`, web, "yes\n"},
		{`{{range .owners}}{{.inode}}{{end}}`, all, "<no value>\n"}, // the name of a member elsewhere
	}
	for _, test := range tests {
		if got := templated1(t, test.text, test.s); got != test.want {
			t.Errorf("%s: got %q, want %q", test.text, got, test.want)
		}
	}
}

func TestTemplateWhole(t *testing.T) {
	got := templated1(t, `{{json .}}`, example()[4])
	for _, want := range []string{`"protocol":"tcp"`, `"remote_port":40112`, `"pid":null`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
}

func TestTemplateErrors(t *testing.T) {
	for text, want := range map[string]string{
		`{{.pdi}}`:                                   `line 1:3: unknown member "pdi", did you mean pid?`,
		"{{.pid}}\n{{.proces}}":                      `line 2:3: unknown member "proces", did you mean process?`,
		`{{range .owners}}{{.inod}}{{end}}`:          `unknown member "inod", did you mean inode?`,
		`{{.netns.nam}}`:                             `unknown member "nam", did you mean name?`,
		`{{.pid.x}}`:                                 `unknown member "x"`,
		`{{.owners.pid}}`:                            `is of a list: use range`,
		`{{with .timer}}{{.expires}}{{end}}`:         `unknown member "expires", did you mean expires_ms?`,
		`{{range $i, $o := .owners}}{{$o.x}}{{end}}`: `unknown member "x"`,
		`{{$.foo}}`:                                  `unknown member "foo"`,
		`{{(.netns).foo}}`:                           `unknown member "foo"`,
		`{{if eq .foo 1}}{{end}}`:                    `unknown member "foo"`,
		`{{.pid`:                                     `line 1: unclosed action`,
		`{{nope .pid}}`:                              `line 1: function "nope" not defined`,
	} {
		_, err := open(&bytes.Buffer{}, Options{Format: Template, Template: text})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
}

// TestTemplateFails: what a template cannot do is an error of the template with
// its place, not a row that is not there.
func TestTemplateFails(t *testing.T) {
	defer func(usual time.Duration) { rowTime = usual }(rowTime)
	rowTime = time.Minute // the deepest recursion takes seconds on a busy machine
	for text, want := range map[string]string{
		`{{if lt .pid "x"}}{{end}}`:                                               "line 1:5: ",
		`{{if gt .v6only false}}{{end}}`:                                          "cannot compare false with false",
		`{{define "x"}}{{template "x"}}{{end}}{{template "x"}}`:                   "exceeded maximum template depth",
		`{{range 10000000}}aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa{{end}}`: "writes more than 1048576 bytes",
		`{{$x := "a"}}{{range 60}}{{$x = printf "%s%s" $x $x}}{{end}}{{len $x}}`:  "writes more than 1048576 bytes",
		`{{$x := "a"}}{{range 60}}{{$x = print $x $x}}{{end}}{{len $x}}`:          "writes more than 1048576 bytes",
		`{{$x := "\\"}}{{range 60}}{{$x = js $x}}{{end}}{{len $x}}`:               "writes more than 1048576 bytes",
	} {
		r, err := open(&bytes.Buffer{}, Options{Format: Template, Template: text})
		if err != nil {
			t.Fatal(err)
		}
		var wrong *TemplateError
		if err := r.Socket(example()[0]); !errors.As(err, &wrong) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v", text, err)
		}
	}
}

func TestTemplateNeeds(t *testing.T) {
	for text, want := range map[string]sock.Field{
		`{{.local_port}}`:                     sock.FieldLocal,
		`{{.pid}} {{.netns.name}}`:            sock.FieldOwners | sock.FieldNetns | sock.FieldNetnsName,
		`{{range .owners}}{{.exe}}{{end}}`:    sock.FieldOwners | sock.ProcessFields&^(sock.FieldContext|sock.FieldOrigin) | sock.FieldService,
		`{{.protocol}}`:                       0,
		`{{if eq .state "x"}}{{.uid}}{{end}}`: sock.FieldUID,
	} {
		if got := needs(Options{Format: Template, Template: text}); got != want {
			t.Errorf("%s needs %b, want %b", text, got, want)
		}
	}
	whole := needs(Options{Format: Template, Template: `{{json .}}`})
	if diff := cmp.Diff(needs(Options{Format: JSON}), whole); diff != "" {
		t.Error(diff)
	}
}

func TestTemplateEscapesNames(t *testing.T) {
	for _, s := range hostile() {
		for _, text := range []string{
			`{{.process}}{{.user}}{{.local_path}}{{.peer_path}}{{.interface}}`, `{{printf "%s %v" .process .user}}`,
			`{{upper .process}}`, `{{json .}}`, `{{range .owners}}{{.cmdline}}{{.exe}}{{end}}`, `{{join .owners "exe" " "}}`,
			`{{print .process}}`, `{{.netns}}`, `{{.owners}}`,
		} {
			checkSafe(t, templated1(t, text, s))
		}
	}
}

func FuzzTemplate(f *testing.F) {
	f.Add(`{{range $i, $o := .owners}}{{$o.pid}}{{end}}`)
	f.Add(`{{with $x := .netns}}{{$x.name}}{{else}}{{json .}}{{end}}`)
	f.Add(`{{define "x"}}{{.y}}{{end}}{{template "x" .}}{{eq .pid .uid}}`)
	s := full()
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "range") || strings.Contains(text, "template") {
			t.Skip("may run for ever")
		}
		r, err := open(&bytes.Buffer{}, Options{Format: Template, Template: text})
		if err == nil {
			_ = r.Socket(s)
		}
	})
}
