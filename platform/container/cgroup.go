package container

import (
	"strings"

	"sockeye/sock"
)

// Place is what a control group tells: the innermost unit of systemd, and the
// innermost container.
type Place struct {
	Unit      string
	Container *sock.Container // nil if there is none
	// User is the number of the user below whose slice it is, in digits; a rootless
	// runtime keeps its files in that user's home. Empty for none.
	User string
}

// Parse reads /proc/PID/cgroup (cgroups(7)): a line "0::/path" for the second version
// and "4:memory:/path" for each hierarchy of the first, of which systemd has one of
// its own, "1:name=systemd:/path". A container is the first one that a hierarchy
// tells, the second version before systemd's and that before the rest, and the unit
// is of the same line. A line that is not understood is not looked at.
func Parse(file string) Place {
	var unit Place
	for _, line := range ordered(file) {
		p := ParsePath(line)
		if p.Container != nil {
			return p
		}
		if unit.Unit == "" {
			unit = p
		}
	}
	return unit
}

// maxHierarchies bounds the lines that are looked at; the kernel has about 14
// controllers.
const maxHierarchies = 64

// ordered returns the paths, those that tell most first.
func ordered(file string) []string {
	var paths [3][]string
	n := 0
	for line := range strings.Lines(file) {
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(fields) != 3 || !strings.HasPrefix(fields[2], "/") {
			continue
		}
		if n++; n > maxHierarchies {
			break
		}
		rank := 2
		switch fields[1] {
		case "":
			rank = 0
		case "name=systemd":
			rank = 1
		}
		paths[rank] = append(paths[rank], strings.TrimSuffix(fields[2], " (deleted)"))
	}
	return append(append(paths[0], paths[1]...), paths[2]...)
}

// ParsePath reads one path, such as /system.slice/nginx.service.
func ParsePath(path string) Place {
	w := walk{segments: strings.Split(strings.Trim(path, "/"), "/")}
	for w.at = 0; w.at < len(w.segments); w.at++ {
		w.segment(unescapeGroup(w.segments[w.at]))
	}
	if w.place.Unit == "" {
		w.place.Unit = w.slice
	}
	return w.place
}

// unescapeGroup takes away the underscore that systemd puts before a name that the
// kernel could take for its own (cg_escape in src/basic/cgroup-util.c).
func unescapeGroup(segment string) string {
	if len(segment) > 1 && segment[0] == '_' {
		return segment[1:]
	}
	return segment
}

// walk goes through the segments of a path from the outside to the inside.
type walk struct {
	segments []string
	at       int
	place    Place
	slice    string // the innermost slice: the unit of what is in no other
	pod      string // of the containers that follow
}

func (w *walk) segment(s string) {
	if uid, ok := strings.CutPrefix(s, "user-"); ok && w.place.User == "" {
		if uid, ok = strings.CutSuffix(uid, ".slice"); ok && digits(uid) {
			w.place.User = uid
		}
	}
	if pod := podOf(s); pod != "" {
		w.pod = pod
	}
	if c := w.container(s); c != nil {
		c.PodID = w.pod
		w.place.Container = c
		w.place.Unit, w.slice = "", "" // those of an outer systemd are no unit in here
	}
	switch {
	case strings.HasSuffix(s, ".slice") && unitName(s):
		w.slice = s
	case unitName(s):
		w.place.Unit = s
	}
}

// unitTypes are those of the units that processes run in (systemd.unit(5)).
var unitTypes = []string{".service", ".scope", ".socket", ".mount", ".swap", ".slice"}

// longestUnit is UNIT_NAME_MAX of systemd.
const longestUnit = 255

func unitName(s string) bool {
	if len(s) > longestUnit {
		return false
	}
	for _, suffix := range unitTypes {
		if name, ok := strings.CutSuffix(s, suffix); ok {
			return name != "" && strings.Trim(name, unitCharacters) == ""
		}
	}
	return false
}

// unitCharacters are those of VALID_CHARS_WITH_AT of systemd.
const unitCharacters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ:-_.\\@"

// next returns the segment behind this one, empty if it is the last.
func (w *walk) next() string {
	if w.at+1 < len(w.segments) {
		return unescapeGroup(w.segments[w.at+1])
	}
	return ""
}

// before returns the segment in front of this one, empty if it is the first.
func (w *walk) before() string {
	if w.at > 0 {
		return unescapeGroup(w.segments[w.at-1])
	}
	return ""
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func hexadecimal(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }
