package portview

import (
	"fmt"
	"slices"
	"strings"

	"sockeye/sock"
	"sockeye/sock/escape"
)

// placeText says where a process that holds a socket runs: its unit, its container,
// its working directory and who started it. The parts that are not known are left out.
// A snapshot tells the unit and the container of the socket alone.
func placeText(p *sock.Process, s *sock.Socket) string {
	var parts []string
	unit, container := p.Unit, p.Container
	if !p.Known.Has(sock.FieldPlace) && s.PlacedBy == sock.PlacedByOwner {
		unit, container = s.Unit, s.Container
	}
	if unit != "" {
		parts = append(parts, "unit "+escape.Text(unit))
	}
	if container != nil {
		parts = append(parts, containerText(container))
	}
	if p.Known.Has(sock.FieldOrigin) {
		if p.Cwd != "" {
			parts = append(parts, "in "+escape.Text(p.Cwd))
		}
		switch {
		case p.Parent != 0 && p.ParentName != "":
			parts = append(parts, fmt.Sprintf("child of %s[%d]", escape.Text(p.ParentName), p.Parent))
		case p.Parent != 0:
			parts = append(parts, fmt.Sprintf("child of %d", p.Parent))
		}
	}
	return strings.Join(parts, ", ")
}

// containerText names a container, with what runs it and its image.
func containerText(c *sock.Container) string {
	var about []string
	for _, text := range []string{c.Runtime, c.Image} {
		if text != "" {
			about = append(about, escape.Text(text))
		}
	}
	text := "container " + escape.Text(c.Called())
	if len(about) > 0 {
		text += " (" + strings.Join(about, ", ") + ")"
	}
	return text
}

// behindText says what stands behind some listeners, as far as it is the same for all
// of which it is known.
func behindText(sockets []*sock.Socket) string {
	var all []string
	for _, s := range sockets {
		if s.Behind == nil {
			continue
		}
		if text := targetText(s.Behind); !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return strings.Join(all, "; ")
}

// targetText says where connections go: "172.17.0.2:80, nginx[812] in container web
// (docker, nginx:1.25)".
func targetText(b *sock.Behind) string {
	var parts []string
	if b.Target.IsValid() {
		parts = append(parts, b.Target.String())
	} else if port := b.Target.Port(); port != 0 {
		parts = append(parts, fmt.Sprintf("port %d", port))
	}
	process := ""
	if b.PID != 0 {
		process = fmt.Sprintf("%s[%d]", escape.Text(b.Process), b.PID)
	}
	switch c := &b.Container; {
	case *c == sock.Container{}:
		parts = append(parts, process)
	case process == "":
		parts = append(parts, containerText(c))
	default:
		parts = append(parts, process+" in "+containerText(c))
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}
