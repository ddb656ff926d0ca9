package container

import (
	"strings"

	"sockeye/sock"
)

// prefixes are what the runtimes put before the ID of a container in the name of its
// control group: docker-ID.scope with systemd, libpod-ID without. Their monitors
// (crio-conmon-ID.scope) are in no container, and their names have no ID behind these.
var prefixes = []struct{ prefix, runtime string }{
	{"docker-", "docker"},
	{"cri-containerd-", "containerd"},
	{"nerdctl-", "containerd"},
	{"containerd-", "containerd"},
	{"crio-", "cri-o"},
	{"libpod-payload-", "podman"}, // in the unit of a service, as Quadlet makes it
	{"libpod-", "podman"},
}

// container returns the container that a segment is the control group of, or nil.
func (w *walk) container(s string) *sock.Container {
	name := strings.TrimSuffix(s, ".scope")
	for _, p := range prefixes {
		if id, ok := strings.CutPrefix(name, p.prefix); ok && isID(id) {
			return &sock.Container{Runtime: p.runtime, ID: id}
		}
	}
	// runc writes slice:prefix:ID as a directory where it was told to use systemd and
	// there is none: "kubepods-burstable-pod5f.slice:cri-containerd:ID".
	if parts := strings.Split(s, ":"); len(parts) == 3 && isID(parts[2]) {
		for _, p := range prefixes {
			if parts[1]+"-" == p.prefix {
				return &sock.Container{Runtime: p.runtime, ID: parts[2]}
			}
		}
	}
	if isID(s) {
		return &sock.Container{Runtime: w.parentRuntime(), ID: s}
	}
	if c := w.lxc(s); c != nil {
		return c
	}
	if c := w.machine(s); c != nil {
		return c
	}
	return w.containerd(s)
}

// isID reports whether a name is the ID that the runtimes make: 32 random bytes in
// hexadecimal digits.
func isID(s string) bool { return len(s) == 64 && hexadecimal(s) }

// parentRuntime is that of a control group whose name is an ID alone.
func (w *walk) parentRuntime() string {
	switch w.before() {
	case "docker":
		return "docker"
	case "libpod_parent":
		return "podman"
	}
	return ""
}

// lxc reads lxc.payload.NAME of liblxc 4, lxc.payload/NAME of an early one, and
// lxc/NAME of older ones. The monitor is lxc.monitor.NAME, outside of the container.
func (w *walk) lxc(s string) *sock.Container {
	name, ok := strings.CutPrefix(s, "lxc.payload.")
	if !ok && (s == "lxc" || s == "lxc.payload") {
		name = w.next()
		ok = !strings.HasPrefix(name, "lxc.") && !unitName(name)
	}
	if !ok || name == "" {
		return nil
	}
	return &sock.Container{Runtime: "lxc", ID: name, Name: name}
}

// machine reads what systemd-machined keeps: machine-NAME.scope, with the characters
// of unit names escaped, and the service of a template. systemd-nspawn itself is in
// the group "supervisor" beside the payload. A virtual machine is no container.
func (w *walk) machine(s string) *sock.Container {
	name, ok := strings.CutPrefix(s, "machine-")
	if ok {
		name, ok = strings.CutSuffix(name, ".scope")
	} else if name, ok = strings.CutPrefix(s, "systemd-nspawn@"); ok {
		name, ok = strings.CutSuffix(name, ".service")
	}
	if !ok || name == "" || w.next() == "supervisor" {
		return nil
	}
	name = unescapeUnit(name)
	if strings.HasPrefix(name, "qemu-") {
		return nil
	}
	runtime := "nspawn"
	if rest, isLXC := strings.CutPrefix(name, "lxc-"); isLXC { // lxc-NUMBER-NAME of libvirt
		if number, guest, ok := strings.Cut(rest, "-"); ok && digits(number) && guest != "" {
			runtime, name = "libvirt-lxc", guest
		}
	}
	return &sock.Container{Runtime: runtime, ID: name, Name: name}
}

// unescapeUnit replaces \x2d and its like (unit_name_unescape in src/basic/unit-name.c).
func unescapeUnit(s string) string {
	if !strings.Contains(s, `\x`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if i+4 <= len(s) && s[i] == '\\' && s[i+1] == 'x' && hexadecimal(s[i+2:i+4]) {
			b.WriteByte(nibble(s[i+2])<<4 | nibble(s[i+3]))
			i += 3
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func nibble(c byte) byte {
	if c >= 'a' {
		return c - 'a' + 10
	}
	return c - '0'
}

// containerd reads /NAMESPACE/ID, as containerd's own clients name a control group.
// Any directory in another could be that; the namespace "default" is the one that is
// known by its name, and only at the top of the hierarchy.
func (w *walk) containerd(s string) *sock.Container {
	id := w.next()
	if s != "default" || w.at != 0 || id == "" || isID(id) || unitName(id) {
		return nil
	}
	return &sock.Container{Runtime: "containerd", ID: id, Namespace: s}
}

// podOf returns the UID of a Kubernetes pod, or the ID of one of podman, whose control
// group a segment is: pod0123…, or kubepods-burstable-pod0123_….slice with systemd,
// where an underscore stands for a hyphen; machine-libpod_pod_ID.slice. A pod that the
// kubelet read from a file has a UID of 32 digits.
func podOf(s string) string {
	name, slice, _ := strings.Cut(s, ":") // see container
	if name, ok := strings.CutSuffix(name, ".slice"); ok {
		if _, id, ok := strings.Cut(name, "-libpod_pod_"); ok && isID(id) {
			return id
		}
		at := strings.LastIndex(name, "-pod")
		if at < 0 || !strings.Contains(name[:at], "kubepods") {
			return ""
		}
		return podUID(strings.ReplaceAll(name[at+len("-pod"):], "_", "-"))
	}
	if uid, ok := strings.CutPrefix(name, "pod"); ok && slice == "" {
		return podUID(uid)
	}
	return ""
}

// podUID returns the UID if it is one, else nothing.
func podUID(s string) string {
	switch len(s) {
	case 32:
		if hexadecimal(s) {
			return s
		}
	case 36:
		for i, c := range s {
			hyphen := i == 8 || i == 13 || i == 18 || i == 23
			if hyphen != (c == '-') {
				return ""
			}
		}
		if hexadecimal(strings.ReplaceAll(s, "-", "")) {
			return s
		}
	}
	return ""
}
