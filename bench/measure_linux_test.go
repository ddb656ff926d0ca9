package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
)

func lookPath(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
	case os.Getenv("SOCKEYE_TEST_REQUIRE") == "all":
		t.Fatal(err)
	default:
		t.Skip(err)
	}
	return path
}

// TestMeasureLoop measures commands of which what they do is known: one that
// works, one that fails, one that is not there.
func TestMeasureLoop(t *testing.T) {
	var in, out bytes.Buffer
	encoder := json.NewEncoder(&in)
	for _, command := range [][]string{{lookPath(t, "true")}, {lookPath(t, "false")}, {"/nowhere/at/all"}} {
		if err := encoder.Encode(command); err != nil {
			t.Fatal(err)
		}
	}
	if err := measureLoop(&in, &out); err != nil {
		t.Fatal(err)
	}
	var answers []answer
	for decoder := json.NewDecoder(&out); decoder.More(); {
		var a answer
		if err := decoder.Decode(&a); err != nil {
			t.Fatal(err)
		}
		answers = append(answers, a)
	}
	if len(answers) != 4 {
		t.Fatalf("%d answers, want the floor and one for each command", len(answers))
	}
	if floor := answers[0].Sample; floor.RSS <= 0 || floor.Wall != 0 {
		t.Errorf("floor %+v", floor)
	}
	if a := answers[1]; a.Error != "" || a.Sample.Wall <= 0 || a.Sample.RSS <= 0 {
		t.Errorf("true: %+v", a)
	}
	for _, a := range answers[2:] {
		if a.Error == "" {
			t.Errorf("a failure is measured: %+v", a)
		}
	}
}

// TestTold: what a command says of itself on descriptor 3 stands for what is seen of it.
func TestTold(t *testing.T) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	sh := lookPath(t, "sh")
	s, err := runOnce([]string{sh, "-c", `echo '{"Wall": 7, "RSS": 123456789}' >&3`}, null.Fd())
	if err != nil || s.Wall != 7 || s.RSS != 123456789 {
		t.Errorf("%+v, %v", s, err)
	}
	if s, err := runOnce([]string{sh, "-c", `echo nonsense >&3`}, null.Fd()); err == nil {
		t.Errorf("nonsense is taken for %+v", s)
	}
}

func TestCountLines(t *testing.T) {
	seq := lookPath(t, "seq")
	if n, err := countLines([]string{seq, "100"}, 100); n != 100 || err != nil {
		t.Errorf("%d lines, %v", n, err)
	}
	if n, err := countLines([]string{seq, "99"}, 100); err == nil {
		t.Errorf("%d lines are enough for 100", n)
	}
	if n, err := countLines([]string{lookPath(t, "true")}, 0); err == nil {
		t.Errorf("%d lines are enough for an answer", n)
	}
	_, err := countLines([]string{lookPath(t, "sh"), "-c", "echo cause >&2; exit 3"}, 0)
	if err == nil || !strings.Contains(err.Error(), "cause") {
		t.Errorf("of a failure: %v", err)
	}
}

// TestPopulationsExist checks that each row's population can be made.
func TestPopulationsExist(t *testing.T) {
	for _, r := range rows {
		if populations[r.Population] == nil {
			t.Errorf("%s: no population %q", r.Name, r.Population)
		}
	}
}
