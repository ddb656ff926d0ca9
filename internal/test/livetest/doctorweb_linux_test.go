package livetest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// webPort is where the web server of a test listens.
const webPort = "8104"

// nginxConfig is a server with a file to send, and what it writes below a directory.
const nginxConfig = `daemon off; user root; worker_processes 2; pid %[1]s/pid; error_log stderr;
events { worker_connections 1024; }
http {
	access_log off; keepalive_requests 1000000; root %[1]s;
	client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi; scgi_temp_path %[1]s/scgi;
	server { listen 127.0.0.1:` + webPort + `; }
}
`

// startNginx starts nginx, which ends with the test.
func startNginx(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	config := filepath.Join(dir, "nginx.conf")
	for file, content := range map[string][]byte{
		config:                     fmt.Appendf(nil, nginxConfig, dir),
		filepath.Join(dir, "page"): bytes.Repeat([]byte("web "), 2500),
	} {
		if err := os.WriteFile(file, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := startListener(t, exec.Command("nginx", "-c", config, "-p", dir, "-e", "stderr"), webPort)
	t.Cleanup(func() {
		cmd.Process.Signal(unix.SIGTERM) // which the workers hear of
		cmd.Wait()
	})
}

// TestDoctorIsSilentOfNginx: a web server that is well has nothing, neither at rest nor
// under load, in run after run.
func TestDoctorIsSilentOfNginx(t *testing.T) {
	if !population.Alone(t, "nginx", "wrk") {
		return
	}
	startNginx(t)
	runs := 3
	if population.Long() {
		runs = 20
	}
	silent := func(when string) {
		t.Helper()
		for i := range runs {
			if found := examine(t, "--sample", "0.3"); len(found) > 0 {
				t.Errorf("%s, run %d: %+v", when, i, found)
			}
		}
	}
	silent("at rest")
	var said bytes.Buffer
	load := exec.Command("wrk", "-t", "1", "-c", "40", "-d", "600", "http://127.0.0.1:"+webPort+"/page")
	load.Stdout, load.Stderr = &said, &said
	if err := load.Start(); err != nil {
		t.Fatal(err)
	}
	m := &maker{t}
	m.wait("state", "established", "dport", webPort)
	silent("under load")
	load.Process.Signal(unix.SIGINT) // then it tells what it did
	load.Wait()
	requests := regexp.MustCompile(`(\d+) requests in`).FindSubmatch(said.Bytes())
	if requests == nil || bytes.Contains(said.Bytes(), []byte("Socket errors")) || bytes.Contains(said.Bytes(), []byte("Non-2xx")) {
		t.Fatalf("the load was none: %s", said.Bytes())
	}
	if n, _ := strconv.Atoi(string(requests[1])); n < 100 {
		t.Errorf("%d requests are no load", n)
	}
}
