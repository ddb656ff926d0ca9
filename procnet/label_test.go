package procnet

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLabel(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"SELinux":         {map[string]string{"attr/current": "system_u:system_r:httpd_t:s0\x00"}, "system_u:system_r:httpd_t:s0"},
		"AppArmor":        {map[string]string{"attr/current": "docker-default (enforce)\n"}, "docker-default (enforce)"},
		"behind another":  {map[string]string{"attr/current": "\x00", "attr/apparmor/current": "unconfined\n"}, "unconfined"},
		"Smack":           {map[string]string{"attr/smack/current": "_\n"}, "_"},
		"none":            {map[string]string{"attr/current": ""}, ""},
		"no such process": {nil, ""},
		"longer than any": {map[string]string{"attr/current": strings.Repeat("x", maxLabel+1)}, ""},
		"with blanks":     {map[string]string{"attr/current": "/usr/bin/my prog (complain)\n"}, "/usr/bin/my prog (complain)"},
	} {
		root := t.TempDir()
		for _, process := range []string{"812", "self"} {
			for file, text := range c.files {
				path := filepath.Join(root, process, file)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got := At(root).Label(812); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if At(root).HasLabels() != (c.want != "") {
			t.Errorf("%s: has labels: %v", name, At(root).HasLabels())
		}
	}
}

func FuzzLabel(f *testing.F) {
	f.Add("system_u:system_r:httpd_t:s0\x00")
	f.Add("docker-default (enforce)\n")
	f.Fuzz(func(t *testing.T, text string) {
		label := parseLabel([]byte(text))
		if strings.ContainsRune(label, 0) || strings.HasSuffix(label, "\n") || !strings.HasPrefix(text, label) {
			t.Fatalf("%q of %q", label, text)
		}
	})
}
